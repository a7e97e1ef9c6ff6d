import type { Cancel, Clock } from '@bowline/contracts';

/** What watching a worker needs. */
export interface HangWatchComponents {
  readonly clock: Clock;
  /** Resolves when the worker answers; a rejection says that it has ended, which others notice. */
  readonly ping: () => Promise<void>;
  readonly pingIntervalMs: number;
  readonly maxSilentPings: number;
}

/** A worker that is watched until it hangs, or nobody cares any more. */
export interface HangWatch {
  /** Resolves when the worker has not answered for so long that it never will. */
  readonly hung: Promise<void>;
  readonly cancel: Cancel;
}

/**
 * Pings a worker at intervals and counts those without an answer. An interval that took twice as long as it should does
 * not count: then it was this process that stood still, or the machine that slept, and the answer may be unread.
 */
export const hangWatch = ({ clock, ping, pingIntervalMs, maxSilentPings }: HangWatchComponents): HangWatch => {
  const { promise: hung, resolve } = Promise.withResolvers<void>();
  let isAwaited = false;
  let silent = 0;
  let lookedAtMs = clock.monotonicMs();
  let cancelTimer: Cancel = () => undefined;

  const answered = (): void => {
    isAwaited = false;
  };

  const look = (): void => {
    const nowMs = clock.monotonicMs();
    const isLate = nowMs - lookedAtMs > 2 * pingIntervalMs;
    lookedAtMs = nowMs;
    if (!isAwaited) {
      isAwaited = true;
      silent = 0;
      ping().then(answered, answered);
    } else if (!isLate) silent += 1;
    if (silent >= maxSilentPings) resolve();
    else wait();
  };

  const wait = (): void => {
    cancelTimer = clock.setTimer(pingIntervalMs, look, { unref: true, isAligned: true });
  };

  wait();
  return { hung, cancel: () => cancelTimer() };
};
