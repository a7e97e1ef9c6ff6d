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

/**
 * Which of so many is the percentile, counted from the largest: few are kept sorted while the others are looked at once, where
 * sorting all of them costs ten times as much. It is asked every few seconds.
 */
const percentileOf = (values: readonly number[], ratio: number): number | null => {
  const rank = values.length - Math.ceil(ratio * values.length) + 1;
  const largest: number[] = [];
  for (const value of values) {
    let at = largest.length;
    if (at === rank) {
      if (value <= (largest[at - 1] ?? 0)) continue;
      at -= 1;
    }
    for (; at > 0 && (largest[at - 1] ?? 0) < value; at -= 1) largest[at] = largest[at - 1] ?? 0;
    largest[at] = value;
  }
  return largest[rank - 1] ?? null;
};

export const ownCondition = (): OwnCondition => {
  const delaysMs: number[] = [];
  let oldest = 0;
  return {
    mdnsProblem: null,
    openedPort: null,
    get timerDelayMs() {
      return delaysMs.length < LEAST_DELAYS ? null : percentileOf(delaysMs, PERCENTILE);
    },
    noteTimerDelay: (delayMs) => {
      delaysMs[oldest] = Math.max(0, Math.round(delayMs));
      oldest = (oldest + 1) % MAX_DELAYS;
    },
  };
};
