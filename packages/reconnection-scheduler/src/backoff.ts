/** How long to wait after failures: a value, so that it can be printed, compared and simulated. */
export interface BackoffSchedule {
  /** Wait after the first failure, milliseconds. */
  readonly initialMs: number;
  /** Multiplies the wait with each further failure. */
  readonly factor: number;
  /** Longest wait, milliseconds. */
  readonly capMs: number;
}

/**
 * The part of a wait that chance decides. Half is fixed, so that two dials of one device are never close together; half
 * is random ("equal jitter"), so that devices which failed together do not return together.
 */
const JITTER_RATIO = 0.5;

/** A wait made shorter by chance, by at most half. @param ratio from 0 (included) to 1 (excluded) */
export const jitteredMs = (delayMs: number, ratio: number): number => delayMs * (1 - JITTER_RATIO * ratio);

/**
 * The wait before the next dial: grows with every failure up to the cap, and never ends.
 *
 * @param failureCount failures in a row, from 1
 * @param ratio randomness, from 0 (included) to 1 (excluded)
 * @returns milliseconds, more than half of the step and at most the step
 */
export const backoffDelayMs = (schedule: BackoffSchedule, failureCount: number, ratio: number): number => {
  const stepMs = schedule.initialMs * schedule.factor ** Math.max(0, failureCount - 1);
  return jitteredMs(Math.min(schedule.capMs, stepMs), ratio);
};
