import { type DiscoveryChannel, discoveryChannel, type WorkerDefinition } from '@bowline/contracts';
import { addressDiscovery } from './address-discovery.ts';

/** How the address source is made in a worker; it takes no options. */
export const discoveryAddressWorker: WorkerDefinition<DiscoveryChannel> = {
  name: 'discovery-address',
  channel: discoveryChannel,
  create: (_options, components) => addressDiscovery()(components),
};
