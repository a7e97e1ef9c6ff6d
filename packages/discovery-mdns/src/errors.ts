import { BowlineError } from '@bowline/contracts';

/** An interface could not be opened for multicast; it is tried again on its own. */
export class MdnsUnavailableError extends BowlineError {
  override readonly name = 'MdnsUnavailableError';

  /** @param reason the operating system's code, e.g. `EADDRINUSE` */
  constructor(interfaceName: string, reason: string, cause: unknown) {
    super({
      code: 'MDNS_UNAVAILABLE',
      message: `mDNS cannot be used on ${interfaceName} (${reason}); it is tried again every few seconds.`,
      retryable: true,
      data: { interfaceName, reason },
      cause,
    });
  }
}

/** More records were to be announced at once than a device can need; withdraw one first. */
export class TooManyAdvertisementsError extends BowlineError {
  override readonly name = 'TooManyAdvertisementsError';

  constructor(limit: number) {
    super({
      code: 'MDNS_TOO_MANY_ADVERTISEMENTS',
      message: `Already ${limit} mDNS records are announced, which is the limit; withdraw one before announcing another.`,
      data: { limit },
    });
  }
}

/** A record was to be announced while the source does not run. */
export class MdnsNotRunningError extends BowlineError {
  override readonly name = 'MdnsNotRunningError';

  constructor() {
    super({
      code: 'MDNS_NOT_RUNNING',
      message: 'The mDNS source is not running, so nothing can be announced; start it first.',
      retryable: true,
    });
  }
}
