import type { DiscoveryChannel, DiscoverySourceDefinition } from '@bowline/contracts';
import type { RendezvousDiscoveryOptions } from './options.ts';
import { discoveryRendezvousWorker } from './worker-definition.ts';

/** The rendezvous as a source: the endpoint it tells of is made from the code. */
export const rendezvousSource: DiscoverySourceDefinition<DiscoveryChannel, Partial<RendezvousDiscoveryOptions>> = {
  name: 'rendezvous',
  trust: 'vouched',
  worker: discoveryRendezvousWorker,
};
