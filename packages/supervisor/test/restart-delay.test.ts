import { SUPERVISOR_DEFAULTS } from '@bowline/supervisor';
import { describe, expect, test } from 'vitest';
import { restartDelayMs } from '../src/restart-delay.ts';

describe('the delay before a restart', () => {
  test('doubles from the first to the cap', () => {
    const delays = Array.from({ length: 10 }, (_, attempt) => restartDelayMs(attempt, 0, SUPERVISOR_DEFAULTS));
    expect(delays).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  test('stays at the cap for ever', () => {
    expect(restartDelayMs(1_000_000, 0, SUPERVISOR_DEFAULTS)).toBe(10_000);
  });

  test('jitter takes away at most its ratio', () => {
    expect(restartDelayMs(1, 0.999, SUPERVISOR_DEFAULTS)).toBeGreaterThan(50);
    expect(restartDelayMs(1, 0.5, SUPERVISOR_DEFAULTS)).toBe(75);
  });
});
