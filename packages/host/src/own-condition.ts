import type { MdnsProblem, OpenedPortReport } from '@bowline/contracts';

/** What is wrong with this device, or may be, as those who notice it note it here. */
export interface OwnCondition {
  /** Why multicast DNS does not work; `null` while it does, or is not wanted. */
  mdnsProblem: MdnsProblem | null;
  /** A port that a router opened, and that was not wanted; `null` while there is none. */
  openedPort: OpenedPortReport | null;
  /** The 90th percentile of how late the host's timers fired lately, milliseconds; `null` before it was measured. */
  readonly timerDelayMs: number | null;
  /** A timer fired so late, milliseconds. */
  noteTimerDelay(delayMs: number): void;
}

/** Delays looked at: two minutes of them. */
const MAX_DELAYS = 60;

/** So many tell something: a start alone, or one long moment, makes nobody busy. */
const LEAST_DELAYS = 10;

const PERCENTILE = 0.9;

export const ownCondition = (): OwnCondition => {
  const delaysMs: number[] = [];
  return {
    mdnsProblem: null,
    openedPort: null,
    get timerDelayMs() {
      if (delaysMs.length < LEAST_DELAYS) return null;
      // An array of numbers alone is sorted by the engine itself, in a fraction of the time: it is asked every few seconds.
      const sorted = new Float64Array(delaysMs).sort();
      return sorted[Math.ceil(PERCENTILE * sorted.length) - 1] ?? null;
    },
    noteTimerDelay: (delayMs) => {
      delaysMs.push(Math.max(0, Math.round(delayMs)));
      if (delaysMs.length > MAX_DELAYS) delaysMs.shift();
    },
  };
};
