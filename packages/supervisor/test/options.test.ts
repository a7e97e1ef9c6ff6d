import { resolveSupervisorOptions, SUPERVISOR_DEFAULTS, type SupervisorOptions } from '@bowline/supervisor';
import { describe, expect, test } from 'vitest';

describe('the options of a supervisor', () => {
  test('are the defaults when nothing is given', () => {
    expect(resolveSupervisorOptions()).toEqual(SUPERVISOR_DEFAULTS);
  });

  test.each<[Partial<Record<keyof SupervisorOptions, unknown>>, string]>([
    [{ logLevel: 'loud' }, 'logLevel'],
    [{ startDeadlineMs: Number.NaN }, 'startDeadlineMs'],
    [{ stopDeadlineMs: -1 }, 'stopDeadlineMs'],
    [{ terminateDeadlineMs: Number.POSITIVE_INFINITY }, 'terminateDeadlineMs'],
    [{ firstRestartDelayMs: '5' }, 'firstRestartDelayMs'],
    [{ maxRestartDelayMs: 10 }, 'maxRestartDelayMs'],
    [{ restartJitterRatio: 1.1 }, 'restartJitterRatio'],
    [{ healthyAfterMs: -5 }, 'healthyAfterMs'],
  ])('%j is refused by name', (input, option) => {
    expect(() => resolveSupervisorOptions(input as Partial<SupervisorOptions>)).toThrow(`Option "${option}"`);
  });
});
