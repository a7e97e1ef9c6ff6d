import type { Cancel, Clock } from '@bowline/contracts';

/** A clock that stands still until a test turns it. */
export interface FakeClock extends Clock {
  /**
   * Moves time forward and fires what is due on the way, in order of due time, then of setting. After every timer the
   * microtask queue is drained, so that promises settled by it have run before the next one.
   */
  advance(durationMs: number): Promise<void>;
  /** Moves wall time only, as a person setting the clock does; timers and monotonic time stay. */
  setWallTime(nowMs: number): void;
  /** Timers set and neither fired nor cancelled: what a leak test looks at. */
  readonly pendingTimerCount: number;
}

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Rounds of the microtask queue given to promise chains after each timer; long chains settle well within it. */
const SETTLE_ROUNDS = 50;

/** Lets everything that is already resolved run to its end, without any time passing. */
export const settle = async (): Promise<void> => {
  for (let round = 0; round < SETTLE_ROUNDS; round += 1) await Promise.resolve();
};

/** @param startMs wall time at the start, milliseconds since 1970. @defaultValue 2026-01-01T00:00:00Z */
export const fakeClock = (startMs = Date.UTC(2026, 0, 1)): FakeClock => {
  const timers = new Set<PendingTimer>();
  let elapsedMs = 0;
  let wallOffsetMs = startMs;
  let order = 0;

  const nextDue = (untilMs: number): PendingTimer | undefined => {
    let next: PendingTimer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs) continue;
      const isEarlier =
        next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order);
      if (isEarlier) next = timer;
    }
    return next;
  };

  return {
    nowMs: () => wallOffsetMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    setTimer: (delayMs, callback): Cancel => {
      order += 1;
      const timer: PendingTimer = { dueMs: elapsedMs + Math.max(0, delayMs), order, callback };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance: async (durationMs) => {
      const untilMs = elapsedMs + durationMs;
      await settle();
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        timers.delete(timer);
        elapsedMs = Math.max(elapsedMs, timer.dueMs);
        timer.callback();
        await settle();
      }
      elapsedMs = untilMs;
    },
    setWallTime: (nowMs) => {
      wallOffsetMs = nowMs - elapsedMs;
    },
    get pendingTimerCount() {
      return timers.size;
    },
  };
};
