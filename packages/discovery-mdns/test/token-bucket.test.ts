import { fakeClock } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../src/token-bucket.ts';

const takeAll = (bucket: TokenBucket): number => {
  let taken = 0;
  while (bucket.take()) taken += 1;
  return taken;
};

describe('a token bucket', () => {
  test('gives its burst, then its rate', async () => {
    const clock = fakeClock();
    const bucket = new TokenBucket(clock, { perSecond: 10, burst: 25 });
    expect(takeAll(bucket)).toBe(25);
    await clock.advance(1_000);
    expect(takeAll(bucket)).toBe(10);
    await clock.advance(50);
    expect(takeAll(bucket)).toBe(0);
    await clock.advance(50);
    expect(takeAll(bucket)).toBe(1);
  });

  test('never holds more than its burst', async () => {
    const clock = fakeClock();
    const bucket = new TokenBucket(clock, { perSecond: 10, burst: 25 });
    await clock.advance(3_600_000);
    expect(takeAll(bucket)).toBe(25);
  });

  test('takes several tokens or none', () => {
    const bucket = new TokenBucket(fakeClock(), { perSecond: 1, burst: 5 });
    expect(bucket.take(6)).toBe(false);
    expect(bucket.take(5)).toBe(true);
    expect(bucket.take()).toBe(false);
  });

  test('is not fooled by the wall clock', () => {
    const clock = fakeClock();
    const bucket = new TokenBucket(clock, { perSecond: 10, burst: 5 });
    takeAll(bucket);
    clock.setWallTime(clock.nowMs() + 3_600_000);
    expect(takeAll(bucket)).toBe(0);
  });
});
