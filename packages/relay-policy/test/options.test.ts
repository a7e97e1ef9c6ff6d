import { describe, expect, it } from 'vitest';
import { RELAY_POLICY_DEFAULTS, type RelayPolicyOptions, resolveRelayPolicyOptions } from '../src/index.ts';

describe('options of the relay policy', () => {
  it('are the defaults when nothing is given', () => {
    expect(resolveRelayPolicyOptions()).toEqual(RELAY_POLICY_DEFAULTS);
  });

  it.each<[Partial<RelayPolicyOptions>, string]>([
    [{ fasterRatio: 0 }, 'fasterRatio'],
    [{ fasterRatio: 1.1 }, 'fasterRatio'],
    [{ fasterByMs: -1 }, 'fasterByMs'],
    [{ fasterForMs: Number.NaN }, 'fasterForMs'],
    [{ stableForMs: -1 }, 'stableForMs'],
    [{ measureEveryMs: Number.POSITIVE_INFINITY }, 'measureEveryMs'],
    [{ minimumSamples: 0 }, 'minimumSamples'],
    [{ minimumSamples: 22 }, 'minimumSamples'],
    [{ standbyCount: 0.5 }, 'standbyCount'],
    [{ measuringCount: -1 }, 'measuringCount'],
  ])('reject %j by name', (input, field) => {
    expect(() => resolveRelayPolicyOptions(input)).toThrow(field);
  });
});
