import type { MdnsProblem, OpenedPortReport } from '@bowline/contracts';

/** What is wrong with this device, or may be, as those who notice it note it here. */
export interface OwnCondition {
  /** Why multicast DNS does not work; `null` while it does, or is not wanted. */
  mdnsProblem: MdnsProblem | null;
  /** A port that a router opened, and that was not wanted; `null` while there is none. */
  openedPort: OpenedPortReport | null;
  /** The 99th percentile of how late the host's timers fired lately, milliseconds; `null` before it was measured. */
  timerDelayMs: number | null;
}

export const ownCondition = (): OwnCondition => ({ mdnsProblem: null, openedPort: null, timerDelayMs: null });
