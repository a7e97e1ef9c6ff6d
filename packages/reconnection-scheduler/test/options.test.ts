import { InvalidOptionError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import {
  RECONNECTION_SCHEDULER_DEFAULTS,
  type ReconnectionSchedulerOptions,
  resolveReconnectionSchedulerOptions,
} from '../src/index.ts';

describe('resolveReconnectionSchedulerOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveReconnectionSchedulerOptions()).toEqual(RECONNECTION_SCHEDULER_DEFAULTS);
    expect(resolveReconnectionSchedulerOptions({ backoffFactor: 1.5 }).backoffFactor).toBe(1.5);
  });

  it.each<Partial<ReconnectionSchedulerOptions>>([
    { maxConcurrentDials: 0 },
    { maxConcurrentDials: 257 },
    { maxConcurrentDials: 1.5 },
    { maxDialsPerMinute: 5 },
    { backoffInitialMs: 9 },
    { backoffInitialMs: 50_000, backoffCapMs: 40_000 },
    { backoffFactor: 0.9 },
    { backoffFactor: Number.NaN },
    { backoffCapMs: 999 },
    { recentCapMs: 499 },
    { recentForMs: -1 },
    { goodbyeDelayMs: Number.POSITIVE_INFINITY },
    { dialExpiryMs: 10 },
  ])('refuses %j', (input) => {
    expect(() => resolveReconnectionSchedulerOptions(input)).toThrow(InvalidOptionError);
    expect(() => resolveReconnectionSchedulerOptions(input)).toThrow(`"${Object.keys(input)[0]}"`);
  });
});
