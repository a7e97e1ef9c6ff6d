/**
 * The discovery source that finds an initiator through relays with nothing but the words.
 *
 * @packageDocumentation
 */
export {
  RENDEZVOUS_DISCOVERY_DEFAULTS,
  type RendezvousDiscoveryOptions,
  resolveRendezvousDiscoveryOptions,
} from './options.ts';
export { rendezvousDiscovery } from './rendezvous-discovery.ts';
export { rendezvousSource } from './rendezvous-source.ts';
export { discoveryRendezvousWorker } from './worker-definition.ts';
