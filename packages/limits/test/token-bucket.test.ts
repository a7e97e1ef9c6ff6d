import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../src/token-bucket.ts';

const RATE = { perSecond: 10, burst: 20 };

describe('a token bucket', () => {
  it('lets a burst through at once, then the rate', () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.take(20, 0)).toBe(true);
    expect(bucket.take(1, 99)).toBe(false);
    expect(bucket.take(1, 100)).toBe(true);
    expect(bucket.take(1, 100)).toBe(false);
  });

  it('takes nothing where there is too little', () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.take(21, 0)).toBe(false);
    expect(bucket.take(20, 0)).toBe(true);
  });

  it('goes into debt for what is spent already, and says how long it takes to pay', () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.spend(20, 0)).toBe(0);
    expect(bucket.spend(5, 0)).toBe(500);
    expect(bucket.take(1, 500)).toBe(false);
    expect(bucket.spend(0, 500)).toBe(0);
  });

  it('is given back what was taken for nothing, and never holds more than a burst', () => {
    const bucket = new TokenBucket(RATE, 0);
    bucket.take(20, 0);
    bucket.giveBack(1, 0);
    expect([bucket.take(1, 0), bucket.take(1, 0)]).toEqual([true, false]);
    bucket.giveBack(100, 0);
    expect([bucket.take(20, 0), bucket.take(1, 0)]).toEqual([true, false]);
  });

  it('says when there will be enough', () => {
    const bucket = new TokenBucket(RATE, 0);
    bucket.take(20, 0);
    expect(bucket.waitMs(3, 0)).toBe(300);
    expect(bucket.waitMs(3, 300)).toBe(0);
    expect(bucket.waitMs(21, 300)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is full after silence, and earns nothing from a clock that goes back', () => {
    const bucket = new TokenBucket(RATE, 1_000);
    bucket.take(20, 1_000);
    expect(bucket.isFull(2_999)).toBe(false);
    expect(bucket.isFull(500)).toBe(false);
    expect(bucket.isFull(4_000)).toBe(true);
  });

  it('never lets more through than a burst and what was earned', () => {
    const step = fc.record({ count: fc.integer({ min: 1, max: 30 }), afterMs: fc.integer({ min: 0, max: 2_000 }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const bucket = new TokenBucket(RATE, 0);
        let [nowMs, taken] = [0, 0];
        for (const { afterMs, count } of steps) {
          nowMs += afterMs;
          if (bucket.take(count, nowMs)) taken += count;
        }
        expect(taken).toBeLessThanOrEqual(RATE.burst + (nowMs / 1_000) * RATE.perSecond + 1e-6);
      }),
    );
  });
});
