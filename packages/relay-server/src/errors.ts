import { BowlineError, errorCode } from '@bowline/contracts';

/** The relay cannot listen where it was told to. `RELAY_PORT_TAKEN` when another program does, else `RELAY_LISTEN_FAILED`. */
export class RelayListenError extends BowlineError {
  override readonly name = 'RelayListenError';

  constructor(bindAddress: string, port: number, cause: unknown) {
    const systemCode = errorCode(cause) ?? 'unknown';
    const isTaken = systemCode === 'EADDRINUSE';
    super({
      code: isTaken ? 'RELAY_PORT_TAKEN' : 'RELAY_LISTEN_FAILED',
      message: isTaken
        ? `Port ${port} of ${bindAddress} is taken by another program. End that one, or choose another port.`
        : `The relay cannot listen on port ${port} of ${bindAddress} (${systemCode}). Choose an address of this machine and a port it may use.`,
      data: { bindAddress, port, systemCode },
      cause,
    });
  }
}

/** Certificate and key cannot be used together, or at all. What was in use before stays in use. */
export class RelayTlsError extends BowlineError {
  override readonly name = 'RelayTlsError';

  constructor(cause: unknown) {
    super({
      code: 'RELAY_TLS_UNUSABLE',
      message: `The certificate and private key cannot be used (${errorCode(cause) ?? 'unreadable'}). Give a PEM certificate chain and the unencrypted PEM key it belongs to.`,
      cause,
    });
  }
}

/** Asked of a relay that is not running: before `start`, after `stop`, or TLS of a relay without. */
export class RelayStateError extends BowlineError {
  override readonly name = 'RelayStateError';

  constructor(what: string) {
    super({ code: 'RELAY_STATE', message: `${what} Make a new relay server to run again.` });
  }
}
