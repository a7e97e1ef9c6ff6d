import type { DiscoverySourceDefinition } from '@bowline/contracts';
import { discoveryAddressWorker } from './worker-definition.ts';

/** An address as a source: the person typed it. */
export const addressSource: DiscoverySourceDefinition = {
  name: 'address',
  trust: 'vouched',
  worker: discoveryAddressWorker,
};
