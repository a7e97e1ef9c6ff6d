import type { Clock } from '@bowline/contracts';

/** Frames one link may take beside messages and acknowledgements, which have bounds of their own. */
const BURST_FRAMES = 1_000;

/** A hundred a second is far above two heartbeats and every change a device could tell, and costs next to nothing. */
const FRAMES_PER_SECOND = 100;

/** A budget that refills with time: {@link BURST_FRAMES} at once, {@link FRAMES_PER_SECOND} in the long run. */
export interface FrameAllowance {
  /** Takes one frame from the budget; `false` when it is used up. */
  take(): boolean;
}

export const frameAllowance = (clock: Clock): FrameAllowance => {
  let left = BURST_FRAMES;
  let filledAtMs = clock.monotonicMs();
  return {
    take: () => {
      const nowMs = clock.monotonicMs();
      left = Math.min(BURST_FRAMES, left + ((nowMs - filledAtMs) * FRAMES_PER_SECOND) / 1_000);
      filledAtMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
};
