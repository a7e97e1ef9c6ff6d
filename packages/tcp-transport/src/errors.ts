import { BowlineError, type DeviceId } from '@bowline/contracts';

/** No TCP connection to the device could be made, or none is tried now. */
export class TcpUnreachableError extends BowlineError {
  override readonly name = 'TcpUnreachableError';

  constructor(deviceId: DeviceId, retryAfterMs: number, cause?: unknown) {
    super({
      code: 'TCP_UNREACHABLE',
      message: 'There is no TCP connection to the device, and none can be made now; its streams use QUIC.',
      retryable: true,
      data: { deviceId, retryAfterMs },
      cause,
    });
  }
}

/** The TCP connection is gone. */
export class TcpConnectionClosedError extends BowlineError {
  override readonly name = 'TcpConnectionClosedError';

  constructor() {
    super({
      code: 'TCP_CONNECTION_CLOSED',
      message: 'The TCP connection is closed; its streams go on over QUIC.',
      retryable: true,
    });
  }
}

/** The stream is over, on this connection. */
export class TcpStreamClosedError extends BowlineError {
  override readonly name = 'TcpStreamClosedError';

  constructor() {
    super({ code: 'TCP_STREAM_CLOSED', message: 'The stream is over on this TCP connection.' });
  }
}

/** The other side does not keep to the protocol. */
export class TcpProtocolError extends BowlineError {
  override readonly name = 'TcpProtocolError';

  constructor(reason: string) {
    super({
      code: 'TCP_PROTOCOL_ERROR',
      message: `The other side broke the protocol of TCP connections: ${reason}.`,
      data: { reason },
    });
  }
}

/** The other end of a connection is not who was dialled. */
export class TcpPeerUnknownError extends BowlineError {
  override readonly name = 'TcpPeerUnknownError';

  constructor() {
    super({
      code: 'TCP_PEER_UNKNOWN',
      message: 'Whoever answered does not have the key of the link; the connection was closed.',
    });
  }
}
