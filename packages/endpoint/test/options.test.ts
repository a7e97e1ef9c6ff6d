import { expect, test } from 'vitest';
import { ENDPOINT_DEFAULTS, resolveEndpointOptions } from '../src/index.ts';

test('defaults hold when nothing is given', () => {
  expect(resolveEndpointOptions()).toEqual(ENDPOINT_DEFAULTS);
});

test.each(Object.keys(ENDPOINT_DEFAULTS))('%s must be a whole number above zero', (field) => {
  for (const value of [0, -1, 1.5, Number.NaN]) {
    expect(() => resolveEndpointOptions({ [field]: value })).toThrow(field);
  }
});

test('refuses options it does not know', () => {
  expect(() => resolveEndpointOptions({ relay: 1 } as never)).toThrow('relay');
});
