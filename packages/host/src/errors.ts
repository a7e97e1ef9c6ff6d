import { BowlineError, type DeviceId, type PairingAttempt, type PairingFailureCode } from '@bowline/contracts';

/** No peer device fits what was asked for. */
export class DeviceNotFoundError extends BowlineError {
  override readonly name = 'DeviceNotFoundError';

  constructor(query: string, knownNames: readonly string[]) {
    const known = knownNames.length === 0 ? 'no device is paired yet' : `paired devices: ${knownNames.join(', ')}`;
    super({ code: 'DEVICE_NOT_FOUND', message: `No paired device is called "${query}"; ${known}.`, data: { query } });
  }
}

/** Several peer devices fit what was asked for. */
export class DeviceAmbiguousError extends BowlineError {
  override readonly name = 'DeviceAmbiguousError';

  constructor(query: string, matches: readonly { readonly id: DeviceId; readonly name: string }[]) {
    const listed = matches.map(({ id, name }) => `${id} called "${name}"`).join(', ');
    super({
      code: 'DEVICE_AMBIGUOUS',
      message: `"${query}" fits ${matches.length} devices (${listed}); use more of the id.`,
      data: { query, matches: matches.map(({ id }) => id) },
    });
  }
}

/** A pairing session ended without a pairing; `code` says how, `attempts` why each source led nowhere. */
export class PairingFailedError extends BowlineError {
  override readonly name = 'PairingFailedError';
  readonly attempts: readonly PairingAttempt[];

  constructor(code: PairingFailureCode, reason: string, attempts: readonly PairingAttempt[]) {
    super({ code, message: reason, data: { attempts } });
    this.attempts = attempts;
  }
}

/** The host is not running, or stops right now. */
export class HostNotRunningError extends BowlineError {
  override readonly name = 'HostNotRunningError';

  constructor() {
    super({ code: 'HOST_NOT_RUNNING', message: 'The host is not running; call start() and await it first.' });
  }
}
