import { describe, expect, it } from 'vitest';
import {
  RELAY_SWITCHBOARD_DEFAULTS,
  type RelaySwitchboardOptionsInput,
  resolveRelaySwitchboardOptions,
} from '../src/index.ts';

describe('options of the switchboard', () => {
  it('are the defaults when nothing is given', () => {
    expect(resolveRelaySwitchboardOptions()).toEqual(RELAY_SWITCHBOARD_DEFAULTS);
  });

  it('take single fields of the policy', () => {
    expect(resolveRelaySwitchboardOptions({ policy: { standbyCount: 2 } }).policy.standbyCount).toBe(2);
  });

  it.each<[RelaySwitchboardOptionsInput, string]>([
    [{ caCertificates: ['not a certificate'] }, 'caCertificates'],
    [{ trustedRoots: 'none' }, 'caCertificates'],
    [{ trustedRoots: 'mine' as 'none' }, 'trustedRoots'],
    [{ proxy: { url: 'nonsense', noProxy: [] } }, 'proxy.url'],
    [{ leaveIdleRelayAfterMs: 999 }, 'leaveIdleRelayAfterMs'],
    [{ leaveIdleRelayAfterMs: Number.NaN }, 'leaveIdleRelayAfterMs'],
    [{ policy: { standbyCount: -1 } }, 'standbyCount'],
  ])('reject %j by name', (input, field) => {
    expect(() => resolveRelaySwitchboardOptions(input)).toThrow(field);
  });
});
