import type { Clock } from '@bowline/contracts';

/** Waits for `promise` to resolve or reject, for at most `deadlineMs`, and says whether it has. Never rejects. */
export const hasSettledWithin = (promise: Promise<unknown>, clock: Clock, deadlineMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const cancel = clock.setTimer(deadlineMs, () => resolve(false));
    const settled = (): void => {
      cancel();
      resolve(true);
    };
    promise.then(settled, settled);
  });

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export const untilAborted = <Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
