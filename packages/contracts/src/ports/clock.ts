/** Ends a timer or a subscription; calling it again does nothing. */
export type Cancel = () => void;

/** How a timer may be kept. */
export interface TimerOptions {
  /** It does not keep the process alive. */
  readonly unref?: boolean;
  /**
   * It is for looking after something at intervals of a second or more, and may fire up to a second early: at a whole second of
   * the machine's own time, with all others of this kind, so that a device that does nothing wakes its processor once and not for
   * each of them. Never later than asked; for less than a second it changes nothing.
   */
  readonly isAligned?: boolean;
}

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
  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Cancel;
}
