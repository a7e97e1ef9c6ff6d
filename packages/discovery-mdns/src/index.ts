/**
 * The discovery source for the local network: announces this device over mDNS and finds others.
 *
 * @packageDocumentation
 */
export { MdnsNotRunningError, MdnsUnavailableError, TooManyAdvertisementsError } from './errors.ts';
export { type MdnsDiscoveryComponents, mdnsDiscovery } from './mdns-discovery.ts';
export { mdnsSource } from './mdns-source.ts';
export { MDNS_DISCOVERY_DEFAULTS, type MdnsDiscoveryOptions, resolveMdnsDiscoveryOptions } from './options.ts';
export { discoveryMdnsWorker } from './worker-definition.ts';
