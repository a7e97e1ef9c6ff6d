import { InvalidOptionError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { ADDRESS_OBSERVATION_DEFAULTS, resolveAddressObservationOptions } from '../src/index.ts';

describe('resolveAddressObservationOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveAddressObservationOptions({})).toEqual(ADDRESS_OBSERVATION_DEFAULTS);
  });

  it.each([
    ['keepMappingMs', 999],
    ['keepMappingMs', 120_001],
    ['lookAgainMs', Number.NaN],
    ['lookAgainMs', 86_400_001],
    ['answerTimeoutMs', 0],
  ] as const)('refuses %s of %d', (option, value) => {
    expect(() => resolveAddressObservationOptions({ [option]: value })).toThrow(InvalidOptionError);
    expect(() => resolveAddressObservationOptions({ [option]: value })).toThrow(`"${option}"`);
  });
});
