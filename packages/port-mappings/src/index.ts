/**
 * Closes a port that a router of this network opened for this machine by UPnP.
 *
 * @packageDocumentation
 */
export { type ClosePortInput, type ClosePortResult, closePort } from './close-port.ts';
export type { PortControl } from './port-control.ts';
