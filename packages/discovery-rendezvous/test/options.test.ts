import { describe, expect, test } from 'vitest';
import { RENDEZVOUS_DISCOVERY_DEFAULTS, resolveRendezvousDiscoveryOptions } from '../src/index.ts';

describe('options', () => {
  test('are the defaults when nothing is given', () => {
    expect(resolveRendezvousDiscoveryOptions()).toEqual(RENDEZVOUS_DISCOVERY_DEFAULTS);
    expect(Object.isFrozen(RENDEZVOUS_DISCOVERY_DEFAULTS)).toBe(true);
  });

  test('keep what is given', () => {
    expect(resolveRendezvousDiscoveryOptions({ staggerMs: 100 })).toEqual({ staggerMs: 100, maxRelays: 16 });
  });

  test.each([
    ['staggerMs', 9],
    ['staggerMs', 60_001],
    ['staggerMs', 1.5],
    ['staggerMs', Number.NaN],
    ['maxRelays', 0],
    ['maxRelays', 65],
    ['maxRelays', '4' as unknown as number],
  ])('refuse %s of %s, and name it', (field, value) => {
    expect(() => resolveRendezvousDiscoveryOptions({ [field]: value })).toThrow(
      `Option "${field}" must be a whole number`,
    );
  });
});
