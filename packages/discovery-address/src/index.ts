/**
 * The discovery source that looks where the person says the initiator is: `HOST:PORT`.
 *
 * @packageDocumentation
 */
export { type AddressDiscoveryComponents, addressDiscovery, type ResolveHost } from './address-discovery.ts';
export { addressSource } from './address-source.ts';
export { discoveryAddressWorker } from './worker-definition.ts';
