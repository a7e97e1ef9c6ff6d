/**
 * Typed requests, events and cancellation between two parts of Bowline, over memory, a `MessagePort`, the pipe of a
 * child process, or JSON lines. The same definition, handlers and client work over each of them.
 *
 * @packageDocumentation
 */
export { type ChannelMessage, MESSAGE, WIRE_VERSION } from './channel-message.ts';
export { childProcessTransport } from './child-process-transport.ts';
export {
  type ConnectChannelOptions,
  type ConnectedChannel,
  connectChannel,
  DEFAULT_HANDSHAKE_DEADLINE_MS,
} from './connect-channel.ts';
export { type ErrorEnvelope, fromErrorEnvelope, INTERNAL_CODE, toErrorEnvelope } from './error-envelope.ts';
export {
  BadMessageError,
  ChannelBusyError,
  ChannelCancelledError,
  ChannelClosedError,
  ChannelDeadlineError,
  ChannelVersionMismatchError,
  RemoteError,
  UncarriableMessageError,
  UnknownRequestError,
} from './errors.ts';
export { type EventListeners, eventListeners } from './event-listeners.ts';
export { toJsonLine } from './json-line-codec.ts';
export { type JsonLinesOptions, jsonLinesTransport, MAX_LINE_BYTES } from './json-lines-transport.ts';
export { memoryTransportPair } from './memory-transport.ts';
export { messagePortTransport } from './message-port-transport.ts';
export { parentProcessTransport } from './parent-process-transport.ts';
export {
  DEFAULT_MAX_OPEN_REQUESTS,
  type ServeChannelOptions,
  type ServedChannel,
  serveChannel,
} from './serve-channel.ts';
export type { Transport, TransportListener } from './transport.ts';
