import type { PushProgress } from '@bowline/contracts';
import { byteCount } from './byte-count.ts';

/** From here on it is said that nothing moves, milliseconds: a link that is lost is noticed and made anew within less. */
const STILL_MS = 5_000;

export const filesOf = (count: number): string => `${count} ${count === 1 ? 'file' : 'files'}`;

/** How far a push is, looked at now and then. */
export interface PushProgressText {
  /** @param nowMs monotonic milliseconds */
  of(progress: PushProgress, nowMs: number): string;
}

/** Says how far a push to `device` is, and when nothing has moved for a while, so that waiting is not taken for hanging. */
export const pushProgressText = (device: string): PushProgressText => {
  let before = '';
  let movedAtMs = 0;
  return {
    of: ({ files, totalFiles, bytes, totalBytes }, nowMs) => {
      const now = `${device}: ${files} of ${filesOf(totalFiles)}, ${byteCount(bytes)} of ${byteCount(totalBytes)}`;
      const place = `${files} ${bytes}`;
      if (place !== before) movedAtMs = nowMs;
      before = place;
      const stillMs = nowMs - movedAtMs;
      return stillMs < STILL_MS ? now : `${now}; nothing has moved for ${Math.floor(stillMs / 1_000)} s`;
    },
  };
};
