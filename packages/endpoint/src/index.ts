/**
 * The endpoint actor: sole owner of iroh's endpoints, speaking the endpoint channel. Everything that is peculiar to
 * iroh's Node binding is handled here and nowhere else.
 *
 * @packageDocumentation
 */
export { endpoint } from './endpoint.ts';
export {
  ConnectionClosedError,
  ConnectionIdInUseError,
  DialFailedError,
  type DialFailure,
  DialTimedOutError,
  EndpointAlreadyBoundError,
  EndpointBindError,
  EndpointNotBoundError,
  EndpointWithoutRelayError,
  FrameTooLargeError,
  RequestCancelledError,
  SendQueueFullError,
} from './errors.ts';
export { ENDPOINT_DEFAULTS, type EndpointOptions, resolveEndpointOptions } from './options.ts';
export { endpointWorker } from './worker-definition.ts';
