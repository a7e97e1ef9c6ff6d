/**
 * The discovery source that turns the addresses inside a ticket into a candidate.
 *
 * @packageDocumentation
 */

export { ticketDiscovery } from './ticket-discovery.ts';
export { ticketSource } from './ticket-source.ts';
export { discoveryTicketWorker } from './worker-definition.ts';
