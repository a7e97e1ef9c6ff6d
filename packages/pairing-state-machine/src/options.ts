import { InvalidOptionError } from '@bowline/contracts';

/** How long each wait of a pairing may take, milliseconds. */
export interface PairingDelays {
  /** For the rest of the handshake once the code is proven. */
  readonly handshakeMs: number;
  /** For both people to decide. */
  readonly decisionMs: number;
  /** For the other side's `confirm`. */
  readonly confirmMs: number;
  /** For a joiner to come back to the initiator after the connection broke. */
  readonly returnMs: number;
}

/** Ten seconds for what machines do at once even over a bad relay; a minute for people to compare six digits. */
export const PAIRING_DELAYS_DEFAULTS: PairingDelays = Object.freeze({
  handshakeMs: 10_000,
  decisionMs: 60_000,
  confirmMs: 10_000,
  returnMs: 15_000,
});

/** @throws {@link InvalidOptionError} when a field is not a whole number of milliseconds from 1 to 3,600,000. */
export const resolvePairingDelays = (input: Partial<PairingDelays> = {}): PairingDelays => {
  const delays = { ...PAIRING_DELAYS_DEFAULTS, ...input };
  for (const field of ['handshakeMs', 'decisionMs', 'confirmMs', 'returnMs'] as const) {
    const value = delays[field];
    if (!Number.isSafeInteger(value) || value < 1 || value > 3_600_000) {
      throw new InvalidOptionError(field, 'must be a whole number of milliseconds from 1 to 3,600,000', value);
    }
  }
  return Object.freeze(delays);
};
