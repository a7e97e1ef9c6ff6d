import type { DiscoverySourceDefinition } from '@bowline/contracts';
import { addressSource } from '@bowline/discovery-address';
import { rendezvousSource } from '@bowline/discovery-rendezvous';
import { ticketSource } from '@bowline/discovery-ticket';

/**
 * Where a joiner looks beside the local network, in the order in which it is told why they led nowhere. Another source is
 * another line here. The local network is a part of its own, because this device is announced there as well.
 */
export const SEARCH_SOURCES: readonly DiscoverySourceDefinition[] = Object.freeze([
  ticketSource,
  addressSource,
  rendezvousSource,
]);
