import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '../src/backoff.ts';

const schedule = { initialMs: 500, factor: 2, capMs: 60_000 };

describe('backoffDelayMs', () => {
  it('doubles up to the cap when chance takes nothing off', () => {
    const delays = Array.from({ length: 10 }, (_, index) => backoffDelayMs(schedule, index + 1, 0));
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('stays between half of the step and the step, also after failures without number', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (failureCount, ratio) => {
        const step = backoffDelayMs(schedule, failureCount, 0);
        const delay = backoffDelayMs(schedule, failureCount, ratio);
        expect(delay).toBeGreaterThan(step / 2);
        expect(delay).toBeLessThanOrEqual(step);
        expect(step).toBeLessThanOrEqual(schedule.capMs);
      }),
    );
  });
});
