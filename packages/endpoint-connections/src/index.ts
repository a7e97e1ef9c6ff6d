/**
 * Connections of the endpoint channel as objects: frames in order, close, path, and who dialled or accepted them.
 *
 * @packageDocumentation
 */
export {
  type EndpointConnections,
  type EndpointConnectionsComponents,
  endpointConnections,
} from './endpoint-connections.ts';
export { ConnectionClosedError, DialCancelledError, FrameCancelledError, FrameTimedOutError } from './errors.ts';
export type { NextFrameOptions } from './next-frame.ts';
export { CONNECTION_LIMITS_DEFAULTS, type ConnectionLimits, resolveConnectionLimits } from './options.ts';
export type { PeerConnection } from './peer-connection.ts';
