import {
  BowlineError,
  type ConnectionId,
  type ConnectionStage,
  type EndpointId,
  type StreamId,
} from '@bowline/contracts';

/** The endpoint a request names is not bound here, or not any more. */
export class EndpointNotBoundError extends BowlineError {
  override readonly name = 'EndpointNotBoundError';

  constructor(endpointId: EndpointId) {
    super({
      code: 'ENDPOINT_NOT_BOUND',
      message: 'No endpoint with this id is bound; bind its key first.',
      data: { endpointId },
    });
  }
}

/** A second endpoint with the same key would take the first one's packets. */
export class EndpointAlreadyBoundError extends BowlineError {
  override readonly name = 'EndpointAlreadyBoundError';

  constructor(endpointId: EndpointId) {
    super({
      code: 'ENDPOINT_ALREADY_BOUND',
      message: 'An endpoint with this key is bound already; unbind it first.',
      data: { endpointId },
    });
  }
}

/** The endpoint is kept out, so it is not dialled either. */
export class EndpointBlockedError extends BowlineError {
  override readonly name = 'EndpointBlockedError';

  constructor(endpointId: EndpointId) {
    super({
      code: 'ENDPOINT_BLOCKED',
      message: `The endpoint ${endpointId} is blocked on this device; unblock it first.`,
      data: { endpointId },
    });
  }
}

/** The sockets of an endpoint could not be opened. */
export class EndpointBindError extends BowlineError {
  override readonly name = 'EndpointBindError';

  constructor(reason: string, addresses: readonly string[], cause: unknown) {
    const where = addresses.length === 0 ? '' : ` to ${addresses.join(' and ')}`;
    super({
      code: 'ENDPOINT_BIND_FAILED',
      message: `The endpoint could not be bound${where}: ${reason}. Check that the addresses belong to this machine and that nothing else has the port, then bind again.`,
      retryable: true,
      data: { addresses, reason },
      cause,
    });
  }
}

/** The endpoint was bound without any relay and cannot get one later. */
export class EndpointWithoutRelayError extends BowlineError {
  override readonly name = 'EndpointWithoutRelayError';

  constructor(endpointId: EndpointId) {
    super({
      code: 'ENDPOINT_WITHOUT_RELAY',
      message:
        'The endpoint was bound without a relay, so it cannot be moved to one; unbind it and bind it with a relay.',
      data: { endpointId },
    });
  }
}

/** The connection is over, or was never known here. */
export class ConnectionClosedError extends BowlineError {
  override readonly name = 'ConnectionClosedError';

  constructor(connectionId: ConnectionId) {
    super({
      code: 'CONNECTION_CLOSED',
      message: 'The connection is closed; dial again if it is still wanted.',
      retryable: true,
      stage: 'established',
      data: { connectionId },
    });
  }
}

/** The stream is over, or was never known on its connection. */
export class StreamClosedError extends BowlineError {
  override readonly name = 'StreamClosedError';

  constructor(streamId: StreamId, cause?: unknown) {
    super({
      code: 'STREAM_CLOSED',
      message: 'The stream is closed; open another one if it is still wanted.',
      data: { streamId },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** A stream id names an open stream of the connection, or is no id. */
export class StreamIdInUseError extends BowlineError {
  override readonly name = 'StreamIdInUseError';

  constructor(streamId: StreamId) {
    super({
      code: 'STREAM_ID_IN_USE',
      message: 'The stream id is in use on its connection; choose a fresh one for every stream.',
      data: { streamId },
    });
  }
}

/** More writes wait on a stream than its caller may have under way. */
export class StreamQueueFullError extends BowlineError {
  override readonly name = 'StreamQueueFullError';

  constructor(streamId: StreamId) {
    super({
      code: 'STREAM_QUEUE_FULL',
      message: 'Too many writes wait on this stream; wait for those before.',
      retryable: true,
      data: { streamId },
    });
  }
}

/** The path does not take a datagram of that size. */
export class DatagramTooLargeError extends BowlineError {
  override readonly name = 'DatagramTooLargeError';

  constructor(sizeBytes: number, maxBytes: number) {
    super({
      code: 'DATAGRAM_TOO_LARGE',
      message: `A datagram of ${sizeBytes} bytes is larger than the ${maxBytes} the path takes now; send less at once.`,
      data: { sizeBytes, maxBytes },
    });
  }
}

/** A connection id names an open connection or a pending dial. */
export class ConnectionIdInUseError extends BowlineError {
  override readonly name = 'ConnectionIdInUseError';

  constructor(connectionId: ConnectionId) {
    super({
      code: 'CONNECTION_ID_IN_USE',
      message: 'The connection id is in use; choose a fresh one for every dial.',
      data: { connectionId },
    });
  }
}

/** The other side does not read, and enough is waiting for it already. */
export class SendQueueFullError extends BowlineError {
  override readonly name = 'SendQueueFullError';

  constructor(connectionId: ConnectionId) {
    super({
      code: 'SEND_QUEUE_FULL',
      message:
        'Too much waits to be sent on this connection because the other side reads too slowly; wait or close it.',
      retryable: true,
      stage: 'established',
      data: { connectionId },
    });
  }
}

/** A frame, or a frame limit, beyond what one connection may carry. */
export class FrameTooLargeError extends BowlineError {
  override readonly name = 'FrameTooLargeError';

  constructor(sizeBytes: number, maxFrameBytes: number) {
    super({
      code: 'FRAME_TOO_LARGE',
      message: `A frame of ${sizeBytes} bytes is larger than the ${maxFrameBytes} allowed; send it in smaller frames.`,
      data: { sizeBytes, maxFrameBytes },
    });
  }
}

/** Nothing answered in time. */
export class DialTimedOutError extends BowlineError {
  override readonly name = 'DialTimedOutError';

  constructor(to: EndpointId, timeoutMs: number) {
    super({
      code: 'DIAL_TIMED_OUT',
      message: `The other endpoint did not answer within ${timeoutMs} ms; it may be off or out of reach. Try again later or by another address.`,
      retryable: true,
      stage: 'dial',
      data: { remoteEndpointId: to, timeoutMs, reason: 'no answer' },
    });
  }
}

/** The dial ended without a connection before its time was up. */
export class DialFailedError extends BowlineError {
  override readonly name = 'DialFailedError';

  constructor(to: EndpointId, failure: DialFailure, cause?: unknown) {
    super({
      code: 'DIAL_FAILED',
      message: `The dial failed because ${failure.reason}.`,
      retryable: failure.retryable,
      stage: failure.stage,
      data: { remoteEndpointId: to, reason: failure.reason },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** What is known of a failed dial. */
export interface DialFailure {
  /** A clause that goes after "because". */
  readonly reason: string;
  readonly stage: ConnectionStage;
  readonly retryable: boolean;
}

/** The caller cancelled; the code is the channel's own for a cancelled request. */
export class RequestCancelledError extends BowlineError {
  override readonly name = 'RequestCancelledError';

  constructor(request: string) {
    super({ code: 'CHANNEL_CANCELLED', message: `The request "${request}" was cancelled by its caller.` });
  }
}
