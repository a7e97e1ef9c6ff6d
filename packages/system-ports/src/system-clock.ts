import type { Clock } from '@bowline/contracts';

/** Longest delay Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's own time. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs: number, callback: () => void, options?: { readonly unref?: boolean }) => {
    // Node has no timer shorter than a millisecond; the end of this turn of the event loop is what 0 means.
    if (delayMs <= 0) {
      const immediate = setImmediate(callback);
      if (options?.unref === true) immediate.unref();
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
    if (options?.unref === true) timer.unref();
    return () => clearTimeout(timer);
  },
});
