/** Aligned timers fire at multiples of this, milliseconds. */
const STEP_MS = 1_000;

/** A timer that fired this early, milliseconds, is not set for the same moment again: Node's may by one, their clock being coarser. */
const EARLY_MS = 2;

/**
 * What is left to the last whole second within `delayMs`, so that timers of the same second fire together, and one that is set
 * again and again keeps its interval.
 *
 * @param nowMs of a clock that all who align share
 */
export const alignedDelayMs = (delayMs: number, nowMs: number): number => {
  if (delayMs < STEP_MS) return delayMs;
  const dueMs = Math.floor((nowMs + EARLY_MS + delayMs) / STEP_MS) * STEP_MS;
  return Math.max(1, dueMs - nowMs);
};
