import { type DiscoveryRendezvousChannel, discoveryRendezvousChannel, type WorkerDefinition } from '@bowline/contracts';
import type { RendezvousDiscoveryOptions } from './options.ts';
import { rendezvousDiscovery } from './rendezvous-discovery.ts';

/** How the rendezvous source is made in a worker. */
export const discoveryRendezvousWorker: WorkerDefinition<
  DiscoveryRendezvousChannel,
  Partial<RendezvousDiscoveryOptions>
> = {
  name: 'discovery-rendezvous',
  channel: discoveryRendezvousChannel,
  create: (options, components) => rendezvousDiscovery(options)(components),
};
