import { InvalidOptionError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { RELAY_REFRESH_DEFAULTS, type RelayRefreshOptionsInput, resolveRelayRefreshOptions } from '../src/index.ts';

describe('resolveRelayRefreshOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveRelayRefreshOptions({ incarnation: 1 })).toEqual({ incarnation: 1, ...RELAY_REFRESH_DEFAULTS });
  });

  it.each<[string, RelayRefreshOptionsInput]>([
    ['incarnation', { incarnation: 0 }],
    ['incarnation', { incarnation: 1.5 }],
    ['sweepIntervalMs', { incarnation: 1, sweepIntervalMs: 59_999 }],
    ['sweepIntervalMs', { incarnation: 1, sweepIntervalMs: Number.NaN }],
    ['sweepJitterRatio', { incarnation: 1, sweepJitterRatio: 0.51 }],
    ['pushDelayMs', { incarnation: 1, pushDelayMs: -1 }],
  ])('refuses a wrong %s', (option, input) => {
    expect(() => resolveRelayRefreshOptions(input)).toThrow(InvalidOptionError);
    expect(() => resolveRelayRefreshOptions(input)).toThrow(`"${option}"`);
  });
});
