import { type DiscoveryMdnsChannel, discoveryMdnsChannel, type WorkerDefinition } from '@bowline/contracts';
import { mdnsDiscovery } from './mdns-discovery.ts';
import type { MdnsDiscoveryOptions } from './options.ts';

/** How the mDNS source is made in a worker. */
export const discoveryMdnsWorker: WorkerDefinition<DiscoveryMdnsChannel, Partial<MdnsDiscoveryOptions>> = {
  name: 'discovery-mdns',
  channel: discoveryMdnsChannel,
  create: (options, components) => mdnsDiscovery(options)(components),
};
