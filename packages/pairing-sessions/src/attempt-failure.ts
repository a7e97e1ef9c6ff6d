import { type BowlineError, errorCode } from '@bowline/contracts';
import { PairingProtocolError } from '@bowline/pairing-protocol';
import type { AttemptFailure } from '@bowline/pairing-search';

const closeNameIn = (error: unknown): string | null => {
  const data = error instanceof Error && 'data' in error ? (error.data as { readonly closeName?: unknown }) : {};
  return typeof data.closeName === 'string' ? data.closeName : null;
};

const closedFailure = (closeName: string | null): AttemptFailure => {
  switch (closeName) {
    case 'code-unknown':
      return { text: 'a device answered that does not know this code', code: 'CODE_UNKNOWN' };
    case 'version-unsupported':
      return { text: 'a device answered that speaks another version', code: 'VERSION_UNSUPPORTED' };
    case 'busy':
      return { text: 'a device answered that it is busy', code: 'BUSY', isBusy: true };
    case 'blocked':
      return { text: 'a device answered that has blocked this one', code: 'BLOCKED' };
    case null:
      return { text: 'the connection was lost', code: null };
    default:
      return { text: `a device ended the connection (${closeName})`, code: null };
  }
};

/** A handshake that the other side broke off may go on in a moment. */
const refusedFailure = ({ data, retryable, stage }: BowlineError): AttemptFailure => ({
  text: `the dial failed because ${data.reason ?? 'it was refused'}`,
  code: null,
  isBusy: retryable && stage === 'handshake',
});

/** What an error of a dial or a handshake means for the search. */
export const attemptFailureOf = (error: unknown): AttemptFailure => {
  if (error instanceof PairingProtocolError) {
    return error.closeName === 'version-unsupported'
      ? closedFailure('version-unsupported')
      : { text: 'a device answered that does not hold this code', code: 'PROOF_MISMATCH' };
  }
  switch (errorCode(error)) {
    case 'ENDPOINT_BLOCKED':
      return { text: 'the device found is blocked on this one', code: 'BLOCKED' };
    case 'DIAL_TIMED_OUT':
      return { text: 'no answer to the dial', code: null };
    case 'DIAL_FAILED':
      return refusedFailure(error as BowlineError);
    case 'FRAME_TIMED_OUT':
      return { text: 'a device answered the dial and then said nothing', code: null };
    case 'CONNECTION_CLOSED':
      return closedFailure(closeNameIn(error));
    default:
      return { text: 'this device could not dial', code: null };
  }
};
