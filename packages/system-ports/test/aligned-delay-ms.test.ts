import { describe, expect, it } from 'vitest';
import { alignedDelayMs } from '../src/aligned-delay-ms.ts';

describe('an aligned timer', () => {
  it('fires at a whole second, at most a second early and never late', () => {
    expect(alignedDelayMs(2_000, 500)).toBe(1_500);
    expect(alignedDelayMs(1_000, 10_400)).toBe(600);
    expect(alignedDelayMs(5_000, 990)).toBe(4_010);
  });

  it('keeps its interval when it is set as it fires, a little late or early', () => {
    for (const nowMs of [9_999.2, 10_000, 10_003.7]) expect(nowMs + alignedDelayMs(2_000, nowMs)).toBeCloseTo(12_000);
  });

  it('is as any other below a second', () => {
    expect(alignedDelayMs(999, 10_400)).toBe(999);
  });

  it('is never set for the moment that is', () => {
    expect(alignedDelayMs(1_000, 999)).toBeGreaterThan(900);
  });
});
