/** Ends a timer or a subscription; calling it again does nothing. */
export type Cancel = () => void;

/**
 * Where time comes from. Nothing below `apps` asks the operating system; tests turn time by hand.
 */
export interface Clock {
  /** Wall time in milliseconds since 1970. May jump when the system's clock is set or the machine slept. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start, never going back. For durations and round trips. */
  monotonicMs(): number;
  /**
   * Calls `callback` once, `delayMs` from now; with 0, when what this turn of the event loop has begun is done. A pending
   * timer keeps the process alive unless `unref` is set.
   */
  setTimer(delayMs: number, callback: () => void, options?: { readonly unref?: boolean }): Cancel;
}
