import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '../src/backoff-delay.ts';

describe('the delay of a backoff', () => {
  it('doubles from the first to the most', () => {
    const delays = [1, 2, 3, 4, 5, 500].map((failures) => backoffDelayMs({ firstMs: 100, mostMs: 1_000 }, failures, 0));
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('loses up to half by chance, or as much as is said', () => {
    expect(backoffDelayMs({ firstMs: 100, mostMs: 1_000 }, 1, 1)).toBe(50);
    expect(backoffDelayMs({ firstMs: 100, mostMs: 1_000, jitterRatio: 0.2 }, 1, 0.5)).toBe(90);
    expect(backoffDelayMs({ firstMs: 100, mostMs: 1_000, factor: 3 }, 2, 0)).toBe(300);
  });

  it('stays between half of the step and the step, also after failures without number', () => {
    const backoff = { firstMs: 500, mostMs: 60_000 };
    fc.assert(
      fc.property(fc.nat(1e9), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (failures, ratio) => {
        const step = backoffDelayMs(backoff, failures, 0);
        const delay = backoffDelayMs(backoff, failures, ratio);
        expect(delay).toBeGreaterThan(step / 2);
        expect(delay).toBeLessThanOrEqual(step);
        expect(step).toBeLessThanOrEqual(backoff.mostMs);
      }),
    );
  });
});
