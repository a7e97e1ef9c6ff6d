import type { Clock, Random } from '@bowline/contracts';
import { type Backoff, backoffDelayMs } from '@bowline/limits';

/**
 * Between two tries of what a worker or the store did not take, milliseconds: what holds it up, such as a restart or a full
 * disk, rarely takes less than the first; and whoever waits for it to mend should not wait much longer than that.
 */
const RETRY_BACKOFF: Backoff = Object.freeze({ firstMs: 1_000, mostMs: 5_000, jitterRatio: 0.2 });

/** When one thing that failed is tried again. */
export interface Retry {
  /** It failed: `task` runs after a pause that grows with every failure in a row. Replaces a try that is waited for. */
  later(task: () => void): void;
  /** It succeeded, or is being tried: nothing is waited for, and the next pause is the first. */
  settle(): void;
  /** Nothing is waited for; the number of failures stays. */
  cancel(): void;
}

export const retry = ({ clock, random }: { readonly clock: Clock; readonly random: Random }): Retry => {
  let failures = 0;
  let cancelTimer = (): void => undefined;
  const cancel = (): void => cancelTimer();
  return {
    later: (task) => {
      cancel();
      failures += 1;
      cancelTimer = clock.setTimer(backoffDelayMs(RETRY_BACKOFF, failures, random.ratio()), task, { unref: true });
    },
    settle: () => {
      cancel();
      failures = 0;
    },
    cancel,
  };
};
