import type { MdnsProblem } from '@bowline/contracts';

/** What is wrong with this device, or may be, as those who notice it note it here. */
export interface OwnCondition {
  /** Why multicast DNS does not work; `null` while it does, or is not wanted. */
  mdnsProblem: MdnsProblem | null;
  /** The 99th percentile of how late the host's timers fired lately, milliseconds; `null` before it was measured. */
  timerDelayMs: number | null;
}

export const ownCondition = (): OwnCondition => ({ mdnsProblem: null, timerDelayMs: null });
