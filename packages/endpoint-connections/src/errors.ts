import { BowlineError, type ConnectionClose, type ConnectionId, type EndpointId } from '@bowline/contracts';

/** The connection is over: nothing more can be sent or will arrive. Dial again if it is still wanted. */
export class ConnectionClosedError extends BowlineError {
  override readonly name = 'ConnectionClosedError';

  constructor(connectionId: ConnectionId, close: ConnectionClose) {
    super({
      code: 'CONNECTION_CLOSED',
      message: `The connection is closed (${describeClose(close)}); dial again if it is still wanted.`,
      retryable: close.by !== 'here',
      stage: 'established',
      data: { connectionId, by: close.by, closeCode: close.code, closeName: close.name },
    });
  }
}

/** No frame came in time. The connection is still open: whoever waited decides whether to close it. */
export class FrameTimedOutError extends BowlineError {
  override readonly name = 'FrameTimedOutError';

  constructor(connectionId: ConnectionId, timeoutMs: number) {
    super({
      code: 'FRAME_TIMED_OUT',
      message: `The other side sent nothing for ${timeoutMs} ms; it may be gone or busy, so close the connection or wait again.`,
      retryable: true,
      stage: 'established',
      data: { connectionId, timeoutMs },
    });
  }
}

/** Whoever waited for a frame gave up by its signal; no frame is lost by that. */
export class FrameCancelledError extends BowlineError {
  override readonly name = 'FrameCancelledError';

  constructor(connectionId: ConnectionId, cause: unknown) {
    super({
      code: 'FRAME_CANCELLED',
      message: 'Waiting for a frame was cancelled by the caller; the next frame goes to the next reader.',
      data: { connectionId },
      cause,
    });
  }
}

/** The dial was cancelled when it had just succeeded; the connection is closed. The code is the channel's own for a cancelled request. */
export class DialCancelledError extends BowlineError {
  override readonly name = 'DialCancelledError';

  constructor(remoteEndpointId: EndpointId, cause: unknown) {
    super({
      code: 'CHANNEL_CANCELLED',
      message: 'The dial was cancelled by the caller, and the connection it had just made is closed.',
      stage: 'dial',
      data: { remoteEndpointId },
      cause,
    });
  }
}

const describeClose = (close: ConnectionClose): string => {
  switch (close.by) {
    case 'timeout':
      return 'the other side stopped answering';
    case 'lost':
      return close.reason === '' ? 'it was lost' : `it was lost: ${close.reason}`;
    default: {
      const who = close.by === 'peer' ? 'by the other side' : 'here';
      return `${who}: ${close.name ?? (close.reason === '' ? 'no reason given' : close.reason)}`;
    }
  }
};
