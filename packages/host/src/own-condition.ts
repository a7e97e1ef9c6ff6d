import type { MdnsProblem, OpenedPortReport } from '@bowline/contracts';

/** What is wrong with this device, or may be, as those who notice it note it here. */
export interface OwnCondition {
  /** Why multicast DNS does not work; `null` while it does, or is not wanted. */
  mdnsProblem: MdnsProblem | null;
  /** A port that a router opened, and that was not wanted; `null` while there is none. */
  openedPort: OpenedPortReport | null;
  /** The 99th percentile of how late the host's timers fired lately, milliseconds; `null` before it was measured. */
  readonly timerDelayMs: number | null;
  /** A timer fired so late, milliseconds. */
  noteTimerDelay(delayMs: number): void;
}

/** Delays looked at: two minutes of them. Of up to 100 the largest is the 99th percentile. */
const MAX_DELAYS = 60;

export const ownCondition = (): OwnCondition => {
  const delaysMs: number[] = [];
  return {
    mdnsProblem: null,
    openedPort: null,
    get timerDelayMs() {
      return delaysMs.length === 0 ? null : Math.max(...delaysMs);
    },
    noteTimerDelay: (delayMs) => {
      delaysMs.push(Math.max(0, Math.round(delayMs)));
      if (delaysMs.length > MAX_DELAYS) delaysMs.shift();
    },
  };
};
