import type { Cancel, Clock } from '@bowline/contracts';

/** What came first of a promise and its time limit. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'late' };

/** Waits for a promise that cannot be cancelled, up to a limit. Never rejects; the promise itself goes on. */
export const outcomeWithin = <T>(clock: Clock, limitMs: number, promise: Promise<T>): Promise<Outcome<T>> =>
  new Promise((resolve) => {
    const cancel: Cancel = clock.setTimer(limitMs, () => resolve({ kind: 'late' }));
    promise.then(
      (value) => {
        cancel();
        resolve({ kind: 'done', value });
      },
      (error: unknown) => {
        cancel();
        resolve({ kind: 'failed', error });
      },
    );
  });
