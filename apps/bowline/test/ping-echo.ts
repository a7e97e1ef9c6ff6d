import type { ConnectedChannel } from '@bowline/channel';
import type { DaemonChannel } from '@bowline/contracts';
import { onTestFinished } from 'vitest';

/** Pings to a device every 20 ms, and when their answers came. */
export interface PingEcho {
  /** Resolves when pings have been answered for this long from now on; a gap makes it wait longer. */
  calm(durationMs: number): Promise<void>;
  /** Longest time between two answers since the last `restart`, an answer that is still missing included; milliseconds. */
  longestGapMs(): number;
  /** Pings that ended with an error: nothing lives without a gap through those. */
  failures(): readonly string[];
  /** Forgets the gaps so far. */
  restart(): void;
}

const EVERY_MS = 20;

/** Lets pings overlap, so that one that waits does not keep the next from being sent. Ends with the test. */
export const pingEcho = (channel: ConnectedChannel<DaemonChannel>, device: string): PingEcho => {
  let answeredAtMs = performance.now();
  let longestMs = 0;
  const failures: string[] = [];
  let answers = 0;
  const waiting = new Set<() => void>();

  const ping = async (): Promise<void> => {
    try {
      await channel.request('ping', { device });
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      return;
    }
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - answeredAtMs);
    answeredAtMs = nowMs;
    answers += 1;
    for (const look of [...waiting]) look();
  };
  const timer = setInterval(() => void ping(), EVERY_MS);
  onTestFinished(() => clearInterval(timer));

  return {
    calm: (durationMs) => {
      const enough = answers + durationMs / EVERY_MS;
      return new Promise((resolve) => {
        const look = (): void => {
          if (answers < enough) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    longestGapMs: () => Math.max(longestMs, performance.now() - answeredAtMs),
    failures: () => failures,
    restart: () => {
      answeredAtMs = performance.now();
      longestMs = 0;
    },
  };
};
