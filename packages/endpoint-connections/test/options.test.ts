import { expect, test } from 'vitest';
import { CONNECTION_LIMITS_DEFAULTS, resolveConnectionLimits } from '../src/index.ts';

test('defaults hold when nothing is given', () => {
  expect(resolveConnectionLimits()).toEqual(CONNECTION_LIMITS_DEFAULTS);
});

test.each(['maxWaitingFrames', 'maxWaitingBytes'])('%s must be a whole number above zero', (field) => {
  for (const value of [0, -1, 1.5, Number.NaN]) {
    expect(() => resolveConnectionLimits({ [field]: value })).toThrow(field);
  }
});
