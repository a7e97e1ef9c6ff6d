import { LOGGER_DEFAULTS, resolveLoggerOptions } from '@bowline/logging';
import { describe, expect, test } from 'vitest';

describe('the options of a logger', () => {
  test('are the defaults when nothing is given', () => {
    expect(resolveLoggerOptions()).toEqual(LOGGER_DEFAULTS);
  });

  test.each([
    [{ level: 'loud' }, 'level'],
    [{ destination: 'stdout' }, 'destination'],
    [{ destination: null }, 'destination'],
    [{ destination: { file: '' } }, 'destination'],
    [{ destination: { write: 1 } }, 'destination'],
    [{ component: '' }, 'component'],
    [{ component: 5 }, 'component'],
  ])('%j is refused by name', (input, option) => {
    expect(() => resolveLoggerOptions(input as never)).toThrow(`Option "${option}"`);
  });
});
