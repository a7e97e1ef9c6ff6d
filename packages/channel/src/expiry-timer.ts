import type { Cancel, Clock } from '@bowline/contracts';

/** One timer for many deadlines. */
export interface ExpiryTimer {
  /** Makes sure that the check runs at `dueMs` (monotonic) or earlier. */
  ensure(dueMs: number): void;
  cancel(): void;
}

/**
 * Calls `check` when the earliest ensured time has come; `check` answers the next time it is needed, or `Infinity`.
 *
 * A request that is answered leaves the timer as it is: setting and clearing one timer for each request costs more
 * than the request, and a check that finds nothing costs nothing.
 */
export const expiryTimer = (clock: Clock, check: (nowMs: number) => number): ExpiryTimer => {
  let armedForMs = Number.POSITIVE_INFINITY;
  let cancelTimer: Cancel | undefined;

  const ensure = (dueMs: number): void => {
    if (dueMs >= armedForMs) return;
    cancelTimer?.();
    armedForMs = dueMs;
    cancelTimer = clock.setTimer(dueMs - clock.monotonicMs(), fire, { unref: true });
  };
  const fire = (): void => {
    armedForMs = Number.POSITIVE_INFINITY;
    cancelTimer = undefined;
    ensure(check(clock.monotonicMs()));
  };
  return {
    ensure,
    cancel: () => {
      cancelTimer?.();
      cancelTimer = undefined;
      armedForMs = Number.POSITIVE_INFINITY;
    },
  };
};
