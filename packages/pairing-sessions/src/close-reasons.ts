import { type CloseName, type ConnectionClose, errorCode, type PairingFailureCode } from '@bowline/contracts';
import { PairingProtocolError, type PairRefusalReason } from '@bowline/pairing-protocol';
import {
  blockedHere,
  blockedThere,
  type PairingFailure,
  pairingFailure,
  storeFullThere,
} from '@bowline/pairing-state-machine';

/** What the other side is told when a session fails here. Codes that are absent end a connection as `cancelled`. */
const CLOSE_FOR: Partial<Readonly<Record<PairingFailureCode, CloseName>>> = {
  REJECTED: 'rejected',
  TIMED_OUT: 'timed-out',
  ALREADY_PAIRED: 'duplicate',
  CONNECTION_LOST: 'not-responding',
  CODE_EXPIRED: 'code-expired',
  CODE_BURNT: 'code-burnt',
  BLOCKED: 'blocked',
  STORE_FULL: 'store-full',
};

/** The name a connection is closed with after something went wrong on it. */
export const closeNameAfter = (error: unknown): CloseName => {
  if (error instanceof PairingProtocolError) return error.closeName;
  return errorCode(error) === 'FRAME_TIMED_OUT' ? 'timed-out' : 'protocol-error';
};

/** The name a failed session closes its connection with. */
export const closeNameFor = (code: PairingFailureCode): CloseName => CLOSE_FOR[code] ?? 'cancelled';

const LEFT_REASONS: Partial<Readonly<Record<CloseName, PairingFailure>>> = {
  rejected: pairingFailure('REJECTED'),
  cancelled: pairingFailure('CANCELLED', {
    reason: 'The pairing was cancelled on the other device. Nothing was stored.',
  }),
  'timed-out': pairingFailure('TIMED_OUT'),
  blocked: blockedThere,
  'store-full': storeFullThere,
  duplicate: pairingFailure('ALREADY_PAIRED', {
    reason:
      'The other device has this one as a paired device already. The two can be paired anew if that is asked for there: its name and history stay.',
    circumstance: { kind: 'pairedThere' },
  }),
};

/**
 * Why a proven peer ended the connection on purpose, or was shut out; `null` for anything else, which may come back.
 * Only meant for connections whose other side has proven the code: from anybody else these are mere words.
 */
export const leftReasonOf = (close: ConnectionClose): PairingFailure | null => {
  if (close.by === 'here' && close.name === 'blocked') return blockedHere;
  return close.by === 'peer' && close.name !== null ? (LEFT_REASONS[close.name] ?? null) : null;
};

/** What a joiner says only once the handshake is over for it. The other names may be about one connection, and it comes back. */
const SAID_AFTER_FINISH: ReadonlySet<CloseName | null> = new Set(['duplicate', 'rejected', 'blocked', 'store-full']);

/** The same of a joiner that has proven the code and whose `finish` is missing: such an end has overtaken it. */
export const earlyLeftReasonOf = (close: ConnectionClose): PairingFailure | null =>
  SAID_AFTER_FINISH.has(close.name) ? leftReasonOf(close) : null;

const REFUSALS: Readonly<Record<Exclude<PairRefusalReason, 'completed'>, PairingFailure>> = {
  'code-used': pairingFailure('CODE_USED'),
  'code-expired': pairingFailure('CODE_EXPIRED'),
  'code-burnt': pairingFailure('CODE_BURNT'),
  cancelled: pairingFailure('CANCELLED', {
    reason: 'The code was withdrawn on the other device. Show a new one and use that.',
  }),
};

/** What a proven refusal means for the joiner. */
export const refusalMeaning = (reason: Exclude<PairRefusalReason, 'completed'>): PairingFailure => REFUSALS[reason];

/** What later joiners are told about a code whose session failed with `code`. */
export const refusalAfter = (code: PairingFailureCode): Exclude<PairRefusalReason, 'completed'> => {
  switch (code) {
    case 'CODE_EXPIRED':
      return 'code-expired';
    case 'CODE_BURNT':
      return 'code-burnt';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return 'code-used';
  }
};
