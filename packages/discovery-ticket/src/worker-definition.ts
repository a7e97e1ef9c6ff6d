import { type DiscoveryChannel, discoveryChannel, type WorkerDefinition } from '@bowline/contracts';
import { ticketDiscovery } from './ticket-discovery.ts';

/** How the ticket source is made in a worker; it takes no options. */
export const discoveryTicketWorker: WorkerDefinition<DiscoveryChannel> = {
  name: 'discovery-ticket',
  channel: discoveryChannel,
  create: (_options, components) => ticketDiscovery()(components),
};
