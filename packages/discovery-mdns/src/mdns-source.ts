import type { DiscoveryMdnsChannel, DiscoverySourceDefinition } from '@bowline/contracts';
import type { MdnsDiscoveryOptions } from './options.ts';
import { discoveryMdnsWorker } from './worker-definition.ts';

/** The local network as a source: anybody on it can announce whatever they like. */
export const mdnsSource: DiscoverySourceDefinition<DiscoveryMdnsChannel, Partial<MdnsDiscoveryOptions>> = {
  name: 'mdns',
  trust: 'hearsay',
  worker: discoveryMdnsWorker,
};
