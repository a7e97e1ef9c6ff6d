import type { Clock, TimerOptions } from '@bowline/contracts';
import { alignedDelayMs } from './aligned-delay-ms.ts';

/** Longest delay Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** Milliseconds since the machine was started: the same in all of its processes and threads, as that of `performance` is not. */
const sharedMonotonicMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** The machine's own time. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs: number, callback: () => void, options?: TimerOptions) => {
    // Node has no timer shorter than a millisecond; the end of this turn of the event loop is what 0 means.
    if (delayMs <= 0) {
      const immediate = setImmediate(callback);
      if (options?.unref === true) immediate.unref();
      return () => clearImmediate(immediate);
    }
    const dueInMs = options?.isAligned === true ? alignedDelayMs(delayMs, sharedMonotonicMs()) : delayMs;
    // Node cuts fractions off: whoever waits for a moment would be woken before it, and wait again.
    const timer = setTimeout(callback, Math.min(Math.ceil(dueInMs), MAX_TIMER_MS));
    if (options?.unref === true) timer.unref();
    return () => clearTimeout(timer);
  },
});
