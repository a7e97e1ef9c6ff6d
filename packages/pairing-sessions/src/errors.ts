import { BowlineError, type RelayUrl } from '@bowline/contracts';

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
