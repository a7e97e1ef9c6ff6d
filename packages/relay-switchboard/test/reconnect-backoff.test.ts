import { seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, retryDelayMs } from '../src/reconnect-backoff.ts';

describe('the delay before another attempt', () => {
  it('starts at 50 ms, doubles, and ends at 16 s', () => {
    const atMost = { ...seededRandom(), ratio: () => 1 };
    expect([1, 2, 3, 9, 10, 60].map((failures) => retryDelayMs(failures, atMost))).toEqual([
      FIRST_RETRY_MS,
      100,
      200,
      12_800,
      LONGEST_RETRY_MS,
      LONGEST_RETRY_MS,
    ]);
  });

  it('is spread over its upper half by chance', () => {
    const random = seededRandom(5);
    const delays = Array.from({ length: 1_000 }, () => retryDelayMs(20, random));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(LONGEST_RETRY_MS / 2);
    expect(Math.max(...delays)).toBeLessThanOrEqual(LONGEST_RETRY_MS);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(LONGEST_RETRY_MS / 3);
  });
});
