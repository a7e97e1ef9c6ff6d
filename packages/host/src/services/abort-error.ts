import { errorCode } from '@bowline/contracts';
import { AbortError } from '../errors.ts';

/** What whoever aborts the platform's own functions gets, such as `fetch`. */
export const abortError = (signal: AbortSignal): Error => {
  const { reason } = signal;
  if (reason instanceof Error && (reason.name === 'AbortError' || reason.name === 'TimeoutError')) return reason;
  return new DOMException('The operation was aborted.', 'AbortError');
};

/** Asked anew each time: it changes while something runs. */
const hasAborted = (signal: AbortSignal | undefined): signal is AbortSignal => signal?.aborted === true;

/** Runs what takes a signal; when that was aborted, rejects with an {@link AbortError} and not with what the abort led to. */
export const unlessAborted = async <T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> => {
  if (hasAborted(signal)) throw new AbortError(signal);
  try {
    return await run();
  } catch (error) {
    if (hasAborted(signal) && errorCode(error) === 'CHANNEL_CANCELLED') throw new AbortError(signal);
    throw error;
  }
};
