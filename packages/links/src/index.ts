/**
 * The keeper of links: one live connection for each paired device, with greetings, a heartbeat, and messages that
 * survive reconnects.
 *
 * @packageDocumentation
 */
export {
  DeviceRemovedError,
  DeviceUnknownError,
  LinkCancelledError,
  LinkDownError,
  LinkRefusedError,
  LinksUnavailableError,
  LinkUnreachableError,
  MessageQueueFullError,
  MessageTooLargeError,
  MessageWaitEndedError,
} from './errors.ts';
export { linkMachine } from './link-machine.ts';
export { type LinksComponents, links } from './links.ts';
export { LINKS_DEFAULTS, type LinksOptions, resolveLinksOptions } from './options.ts';
export { linksWorker } from './worker-definition.ts';
