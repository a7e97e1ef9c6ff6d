import { describe, expect, it } from 'vitest';
import {
  PAIRING_DELAYS_DEFAULTS,
  PairingFailureError,
  pairingFailure,
  pairingFailureOf,
  resolvePairingDelays,
} from '../src/index.ts';

describe('delays', () => {
  it('have defaults', () => {
    expect(resolvePairingDelays()).toEqual(PAIRING_DELAYS_DEFAULTS);
  });

  it.each(['handshakeMs', 'decisionMs', 'confirmMs', 'returnMs'] as const)('refuse a bad %s by name', (field) => {
    for (const value of [0, -1, 1.5, Number.NaN, 3_600_001]) {
      expect(() => resolvePairingDelays({ [field]: value })).toThrow(field);
    }
  });
});

describe('a failure', () => {
  it('is what an error of an effect says', () => {
    const failure = pairingFailure('NOBODY_FOUND', { attempts: [{ via: 'mdns', reason: 'no answer' }] });
    expect(pairingFailureOf(new PairingFailureError(failure))).toBe(failure);
    expect(pairingFailureOf(new Error('disk')).code).toBe('INTERNAL');
  });
});
