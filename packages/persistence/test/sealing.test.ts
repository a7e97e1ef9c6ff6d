import { seededRandom } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSealed, SEALING_OVERHEAD_BYTES, sealValue } from '../src/sealing.ts';

const random = seededRandom(7);
const key = random.bytes(32);
const place = { table: 'settings', column: 'sealed_value', row: 'relays' };

describe('sealing', () => {
  it('gives back what was sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (plaintext) => {
        const sealed = sealValue(key, plaintext, place, random);
        expect(sealed.length).toBe(plaintext.length + SEALING_OVERHEAD_BYTES);
        expect(openSealed(key, sealed, place)).toEqual(new Uint8Array(plaintext));
      }),
    );
  });

  it('opens nothing after any single bit has changed', () => {
    const sealed = sealValue(key, Uint8Array.of(1, 2, 3), place, random);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openSealed(key, changed, place)).toBeUndefined();
    }
  });

  it('opens nothing that was cut short', () => {
    const sealed = sealValue(key, Uint8Array.of(1, 2, 3), place, random);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(openSealed(key, sealed.subarray(0, length), place)).toBeUndefined();
    }
  });

  it.each([
    { ...place, table: 'identity' },
    { ...place, column: 'other' },
    { ...place, row: 'relay' },
    { table: 'settings', column: 'sealed_value","relays', row: '' },
  ])('opens nothing in another place: %j', (other) => {
    expect(openSealed(key, sealValue(key, Uint8Array.of(9), place, random), other)).toBeUndefined();
  });

  it('opens nothing with another key', () => {
    expect(openSealed(random.bytes(32), sealValue(key, Uint8Array.of(9), place, random), place)).toBeUndefined();
  });

  it('never seals the same way twice', () => {
    const once = sealValue(key, Uint8Array.of(1), place, random);
    expect(sealValue(key, Uint8Array.of(1), place, random)).not.toEqual(once);
  });
});
