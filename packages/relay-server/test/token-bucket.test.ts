import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../src/token-bucket.ts';

describe('a token bucket', () => {
  it('lets a burst through, then asks for the time the rest takes', () => {
    const bucket = new TokenBucket({ bytesPerSecond: 1_000, burstBytes: 500 }, 0);
    expect(bucket.take(500, 0)).toBe(0);
    expect(bucket.take(100, 0)).toBe(100);
    expect(bucket.take(0, 100)).toBe(0);
    expect(bucket.take(50, 150)).toBe(0);
  });

  it('holds no more than its burst', () => {
    const bucket = new TokenBucket({ bytesPerSecond: 1_000, burstBytes: 500 }, 0);
    expect(bucket.take(501, 1_000_000)).toBe(1);
  });

  it('never lets more through than rate and burst allow, when its pauses are kept', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 100 }), (sizes) => {
        const bucket = new TokenBucket({ bytesPerSecond: 10_000, burstBytes: 2_000 }, 0);
        let nowMs = 0;
        let before = 0;
        for (const size of sizes) {
          expect(before).toBeLessThanOrEqual(2_000 + nowMs * 10 + 0.001);
          before += size;
          nowMs += bucket.take(size, nowMs);
        }
      }),
    );
  });
});
