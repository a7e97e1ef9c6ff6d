import type { Clock } from '@bowline/contracts';

/** Longest delay Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's own time. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs: number, callback: () => void, options?: { readonly unref?: boolean }) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    if (options?.unref === true) timer.unref();
    return () => clearTimeout(timer);
  },
});
