import type { DiscoverySourceDefinition } from '@bowline/contracts';
import { discoveryTicketWorker } from './worker-definition.ts';

/** The ticket as a source: the person has it from the initiator. */
export const ticketSource: DiscoverySourceDefinition = {
  name: 'ticket',
  trust: 'vouched',
  worker: discoveryTicketWorker,
};
