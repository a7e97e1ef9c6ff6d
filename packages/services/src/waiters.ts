import { WaitCancelledError } from './errors.ts';

/** Requests that wait until something about a stream has changed. */
export interface Waiters {
  /** @throws WaitCancelledError when the signal aborts first */
  wait(signal: AbortSignal, request: string): Promise<void>;
  wake(): void;
}

export const waiters = (): Waiters => {
  let waiting: (() => void)[] = [];
  return {
    wait: (signal, request) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiting = waiting.filter((each) => each !== woken);
          reject(new WaitCancelledError(request));
        };
        const woken = (): void => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        if (signal.aborted) {
          reject(new WaitCancelledError(request));
          return;
        }
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.push(woken);
      }),
    wake: () => {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
};
