import {
  BowlineError,
  type DeviceSummary,
  errorCode,
  errorMessage,
  type PairingAttempt,
  type PairingCircumstance,
  type PairingFailureCode,
} from '@bowline/contracts';

/** How a pairing failed, ready to be told. */
export interface PairingFailure {
  readonly code: PairingFailureCode;
  /** One sentence: what happened, why, what to do next. */
  readonly reason: string;
  /** Every source and why it failed; empty where no source was at fault. */
  readonly attempts: readonly PairingAttempt[];
  /** What the code leaves open, for whoever words it in an app; `null` where it says all there is. */
  readonly circumstance: PairingCircumstance | null;
}

const REASONS: Readonly<Record<PairingFailureCode, string>> = {
  CODE_EXPIRED: 'The code has expired. Show a new one on the other device and use that.',
  CODE_USED: 'The code has been used already. Show a new one on the other device and use that.',
  CODE_BURNT:
    'The code was withdrawn after too many attempts that were wrong or came to nothing. Show a new one and try again.',
  CODE_UNKNOWN: 'The other device does not know this code. Check that it still shows it, or show a new one.',
  NOBODY_FOUND:
    'No device that offers this code was found. Check that it still shows the code, and that both devices are on one network or online.',
  PROOF_MISMATCH:
    'A device answered that does not hold this code, so nothing was shared with it. Try again, or use the ticket instead of the words.',
  REJECTED: 'The other device rejected the pairing. Nothing was stored.',
  CANCELLED: 'The pairing was cancelled. Nothing was stored.',
  TIMED_OUT: 'Nobody decided in time, so the pairing was given up. Start it again when both devices are at hand.',
  CONNECTION_LOST:
    'The connection broke before the pairing was done and did not come back. Check the network and start again with a new code.',
  ALREADY_PAIRED:
    'These devices are paired already. They can be paired anew where that is asked for: the name and the history stay.',
  BLOCKED: 'One of the two devices has blocked the other. It can be paired once it is unblocked there.',
  STORE_FULL: 'The disk of this device is full, so nothing was stored. Free some space and try again.',
  VERSION_UNSUPPORTED: 'The other device runs a Bowline this one cannot pair with. Update both and try again.',
  BUSY: 'The other device is busy with too many pairings. Wait a few seconds and try again.',
  INTERNAL: 'The pairing could not be stored on this device. Look at its log, then try again.',
};

/** A failure with the sentence that belongs to its code, unless a better one is known. */
export const pairingFailure = (
  code: PairingFailureCode,
  { reason = REASONS[code], attempts = [], circumstance = null }: Partial<Omit<PairingFailure, 'code'>> = {},
): PairingFailure => ({ code, reason, attempts, circumstance });

/** The refusal of a device that is paired already, while nobody has asked to pair it anew. */
export const alreadyPairedHere = ({ name, id, endpointId }: DeviceSummary): PairingFailure =>
  pairingFailure('ALREADY_PAIRED', {
    reason: `"${name}" (${id}) is paired with this device already. The two can be paired anew if that is asked for on this device: its name and history stay.`,
    circumstance: { kind: 'pairedHere', device: { id, endpointId, name } },
  });

/** This device keeps the other one out. */
export const blockedHere: PairingFailure = pairingFailure('BLOCKED', {
  reason: 'The other device is blocked on this one, so they cannot be paired. Unblock it here first.',
  circumstance: { kind: 'blockedHere' },
});

/** The other device keeps this one out. */
export const blockedThere: PairingFailure = pairingFailure('BLOCKED', {
  reason: 'The other device has blocked this one, so they cannot be paired. Unblock this device there first.',
  circumstance: { kind: 'blockedThere' },
});

/** The other device has no room for the pairing. */
export const storeFullThere: PairingFailure = pairingFailure('STORE_FULL', {
  reason: "The other device's disk is full, so nothing was stored. Free some space on that device and try again.",
});

/** What a search or a return rejects with. */
export class PairingFailureError extends BowlineError {
  override readonly name = 'PairingFailureError';
  readonly failure: PairingFailure;
  /** The initiator itself said so, and proved the code with it. Everything else may be said by a device that forgot. */
  readonly isRefusal: boolean;

  constructor(failure: PairingFailure, { cause, isRefusal = false }: { cause?: unknown; isRefusal?: boolean } = {}) {
    super({
      code: failure.code,
      message: failure.reason,
      data: { attempts: failure.attempts, circumstance: failure.circumstance },
      ...(cause === undefined ? {} : { cause }),
    });
    this.failure = failure;
    this.isRefusal = isRefusal;
  }
}

/** The failure behind whatever an effect threw. */
export const pairingFailureOf = (error: unknown): PairingFailure => {
  if (error instanceof PairingFailureError) return error.failure;
  const code = errorCode(error);
  if (code === 'DEVICE_ALREADY_PAIRED') return pairingFailure('ALREADY_PAIRED');
  if (code === 'DEVICE_BLOCKED') return blockedHere;
  if (code === 'STORE_FULL') return pairingFailure('STORE_FULL', { reason: errorMessage(error) });
  // The store's own sentence names the file and the remedy.
  return code?.startsWith('STORE_') === true
    ? pairingFailure('INTERNAL', { reason: errorMessage(error) })
    : pairingFailure('INTERNAL');
};
