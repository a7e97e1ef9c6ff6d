import { pause } from './deadline.ts';
import type { LabDevice } from './lab-device.ts';

const EVERY_MS = 20;

/** Pings that overlap, and the longest time between two answers. */
export interface PingGap {
  /** Resolves once so many more pings were answered. */
  answered(count: number): Promise<void>;
  longestMs(): number;
  stop(): void;
}

/** A ping that fails is no answer; the next one is on its way already. */
export const pingGap = (device: LabDevice, peer: string): PingGap => {
  let answeredAtMs = performance.now();
  let longestMs = 0;
  let answers = 0;
  const ping = async (): Promise<void> => {
    const isAnswered = await device
      .channel()
      .request('ping', { device: peer })
      .then(
        () => true,
        () => false,
      );
    if (!isAnswered) return;
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - answeredAtMs);
    answeredAtMs = nowMs;
    answers += 1;
  };
  const timer = setInterval(() => void ping(), EVERY_MS);
  return {
    answered: async (count) => {
      const enough = answers + count;
      while (answers < enough) await pause(EVERY_MS);
    },
    longestMs: () => longestMs,
    stop: () => clearInterval(timer),
  };
};
