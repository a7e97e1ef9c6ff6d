import { seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, type RetryNeed, retryDelayMs } from '../src/reconnect-pace.ts';

const MINUTE_MS = 60_000;

const need = (change: Partial<RetryNeed> = {}): RetryNeed => ({
  failures: 20,
  isWanted: true,
  isRebuffed: false,
  downForMs: MINUTE_MS,
  attemptMs: 0,
  downCount: 1,
  ...change,
});

/** Least and most of many delays. */
const rangeOf = (change: Partial<RetryNeed>): readonly [least: number, most: number] => {
  const random = seededRandom(5);
  const delays = Array.from({ length: 1_000 }, () => retryDelayMs(need(change), random));
  return [Math.min(...delays), Math.max(...delays)];
};

describe('the delay before another attempt', () => {
  it('starts at 50 ms, doubles, and ends at 16 s where nobody waits', () => {
    const atMost = { ...seededRandom(), ratio: () => 0 };
    const delays = [1, 2, 3, 9, 10, 60].map((failures) => retryDelayMs(need({ failures, isWanted: false }), atMost));
    expect(delays).toEqual([FIRST_RETRY_MS, 100, 200, 12_800, LONGEST_RETRY_MS, LONGEST_RETRY_MS]);
  });

  it.each([{ isWanted: false }, { isRebuffed: true }])('is spread over the upper half of 16 s with %o', (change) => {
    const [least, most] = rangeOf(change);
    expect(least).toBeGreaterThanOrEqual(LONGEST_RETRY_MS / 2);
    expect(most).toBeLessThanOrEqual(LONGEST_RETRY_MS);
    expect(most - least).toBeGreaterThan(LONGEST_RETRY_MS / 3);
  });

  it('is 1 to 1.5 s from attempt to attempt while somebody waits, for a quarter of an hour', () => {
    const [least, most] = rangeOf({});
    expect(least).toBeGreaterThanOrEqual(1_000);
    expect(most).toBeLessThanOrEqual(1_500);
    expect(most - least).toBeGreaterThan(400);
    expect(rangeOf({ attemptMs: 800 })[1]).toBeLessThanOrEqual(700);
    expect(rangeOf({ attemptMs: 5_000 })).toEqual([FIRST_RETRY_MS, FIRST_RETRY_MS]);
    expect(rangeOf({ downForMs: 14 * MINUTE_MS })[1]).toBeLessThanOrEqual(1_500);
  });

  it('is 4 to 6 s after that', () => {
    const [least, most] = rangeOf({ downForMs: 15 * MINUTE_MS });
    expect(least).toBeGreaterThanOrEqual(4_000);
    expect(most).toBeLessThanOrEqual(6_000);
  });

  it('keeps the rate of all attempts bounded where many relays are down', () => {
    for (const downCount of [4, 8, 16, 40]) {
      const [least] = rangeOf({ downCount });
      expect((downCount / least) * 1_000).toBeLessThanOrEqual(5);
    }
    expect(rangeOf({ downCount: 400 })[1]).toBeLessThanOrEqual(LONGEST_RETRY_MS);
  });
});
