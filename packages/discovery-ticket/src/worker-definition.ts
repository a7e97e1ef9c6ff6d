import { type DiscoveryTicketChannel, discoveryTicketChannel, type WorkerDefinition } from '@bowline/contracts';
import { ticketDiscovery } from './ticket-discovery.ts';

/** How the ticket source is made in a worker; it takes no options. */
export const discoveryTicketWorker: WorkerDefinition<DiscoveryTicketChannel> = {
  name: 'discovery-ticket',
  channel: discoveryTicketChannel,
  create: (_options, components) => ticketDiscovery()(components),
};
