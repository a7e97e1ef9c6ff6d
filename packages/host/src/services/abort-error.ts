import { errorCode } from '@bowline/contracts';

/** What whoever aborts gets: an `AbortError`, as everywhere in the platform. */
export const abortError = (signal: AbortSignal): Error => {
  const { reason } = signal;
  if (reason instanceof Error && (reason.name === 'AbortError' || reason.name === 'TimeoutError')) return reason;
  return new DOMException('The operation was aborted.', 'AbortError');
};

/** Asked anew each time: it changes while something runs. */
const hasAborted = (signal: AbortSignal | undefined): signal is AbortSignal => signal?.aborted === true;

/** Runs what takes a signal; when that was aborted, rejects with an `AbortError` and not with what the abort led to. */
export const unlessAborted = async <T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> => {
  if (signal !== undefined && hasAborted(signal)) throw abortError(signal);
  try {
    return await run();
  } catch (error) {
    if (hasAborted(signal) && errorCode(error) === 'CHANNEL_CANCELLED') throw abortError(signal);
    throw error;
  }
};
