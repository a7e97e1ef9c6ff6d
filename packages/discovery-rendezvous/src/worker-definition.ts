import { type DiscoveryChannel, discoveryChannel, type WorkerDefinition } from '@bowline/contracts';
import type { RendezvousDiscoveryOptions } from './options.ts';
import { rendezvousDiscovery } from './rendezvous-discovery.ts';

/** How the rendezvous source is made in a worker. */
export const discoveryRendezvousWorker: WorkerDefinition<DiscoveryChannel, Partial<RendezvousDiscoveryOptions>> = {
  name: 'discovery-rendezvous',
  channel: discoveryChannel,
  create: (options, components) => rendezvousDiscovery(options)(components),
};
