import { resolveTaskPoolOptions, TASK_POOL_DEFAULTS, type TaskPoolOptions } from '@bowline/supervisor';
import { describe, expect, test } from 'vitest';

describe('the options of a task pool', () => {
  test('are the defaults when nothing is given', () => {
    expect(resolveTaskPoolOptions()).toEqual(TASK_POOL_DEFAULTS);
  });

  test.each<[Partial<TaskPoolOptions>, string]>([
    [{ maxThreads: 0 }, 'maxThreads'],
    [{ maxQueued: 1.5 }, 'maxQueued'],
    [{ idleMs: Number.NaN }, 'idleMs'],
  ])('%j is refused by name', (input, option) => {
    expect(() => resolveTaskPoolOptions(input)).toThrow(`Option "${option}"`);
  });
});
