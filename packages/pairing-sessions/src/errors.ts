import { BowlineError, errorMessage, type RelayUrl } from '@bowline/contracts';

/** As many pairings run at once as this device allows. */
export class PairingBusyError extends BowlineError {
  override readonly name = 'PairingBusyError';

  constructor(what: 'codes' | 'joins', limit: number) {
    super({
      code: 'PAIRING_BUSY',
      message: `There are ${limit} open ${what} already, the most allowed. Cancel one, or wait until one has ended.`,
      retryable: true,
      data: { what, limit },
    });
  }
}

/** Two joins with one code would take the other device's attention from each other without end. */
export class JoinUnderWayError extends BowlineError {
  override readonly name = 'JoinUnderWayError';

  constructor() {
    super({
      code: 'JOIN_UNDER_WAY',
      message: 'This device is joining with this code already. Wait until that has ended, or cancel it.',
      retryable: true,
    });
  }
}

/** The device does not know its own endpoint yet, so there is nothing to offer or dial with. */
export class PairingNotReadyError extends BowlineError {
  override readonly name = 'PairingNotReadyError';

  constructor() {
    super({
      code: 'PAIRING_NOT_READY',
      message: 'Pairing cannot start because the network endpoint is not open yet. Try again in a moment.',
      retryable: true,
    });
  }
}

/** A token cannot be shared by ticket. */
export class RelayTokenTooLongError extends BowlineError {
  override readonly name = 'RelayTokenTooLongError';

  constructor(url: RelayUrl, characters: number, limit: number) {
    super({
      code: 'RELAY_TOKEN_TOO_LONG',
      message: `The token of ${url} cannot be shared: it has ${characters} characters, and a ticket holds ${limit}. Give the relay a shorter one, or set it on the other device by hand.`,
      data: { url, characters, limit },
    });
  }
}

/** The endpoint of a code could not be bound where it was to be found. */
export class RendezvousPortTakenError extends BowlineError {
  override readonly name = 'RendezvousPortTakenError';

  constructor(port: number, cause: unknown) {
    super({
      code: 'RENDEZVOUS_PORT_TAKEN',
      message: `No code was made because UDP port ${port} cannot be bound on this device: ${errorMessage(cause)} Another program, or another code of this device, may have it. Choose another port, or free this one.`,
      retryable: true,
      data: { port },
      cause,
    });
  }
}

/** The device stopped while it was asked to pair. */
export class PairingStoppedError extends BowlineError {
  override readonly name = 'PairingStoppedError';

  constructor() {
    super({
      code: 'PAIRING_STOPPED',
      message: 'No code was made because this device has stopped meanwhile. Start it and try again.',
      retryable: true,
    });
  }
}
