import type { Random } from '@bowline/contracts';

/** First delay before another attempt, milliseconds: a relay restarted at once is met within a blink. */
export const FIRST_RETRY_MS = 50;

/** Longest delay, milliseconds. iroh's relay client uses the same cap. */
export const LONGEST_RETRY_MS = 16_000;

/**
 * How long to wait before the next attempt, milliseconds: doubling from 50 ms to 16 s, of which a random half is taken
 * away so that the clients of a restarted relay do not come back at the same moment.
 *
 * @param failures attempts that failed in a row, 1 or more
 */
export const retryDelayMs = (failures: number, random: Random): number => {
  const fullMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20));
  return fullMs * (0.5 + random.ratio() / 2);
};
