import { InvalidOptionError } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKeyMaterialAuth, encodeKeyMaterialAuth, verifyKeyMaterialAuth } from '../src/index.ts';
import { hexOf, KEY_HEX, SECRET_KEY } from './vectors.ts';

const MATERIAL = Uint8Array.from({ length: 32 }, (_, index) => index);

describe('the key material header', () => {
  it('proves its key for the session it was made from', async () => {
    const auth = decodeKeyMaterialAuth(encodeKeyMaterialAuth(SECRET_KEY, MATERIAL));
    if (auth === undefined) throw new Error('not decoded');
    expect(hexOf(auth.endpointKey)).toBe(KEY_HEX);
    expect(hexOf(auth.suffix)).toBe(hexOf(MATERIAL.subarray(16)));
    expect(await verifyKeyMaterialAuth(auth, MATERIAL)).toBe(true);
  });

  it('proves nothing for another session', async () => {
    const auth = decodeKeyMaterialAuth(encodeKeyMaterialAuth(SECRET_KEY, MATERIAL));
    if (auth === undefined) throw new Error('not decoded');
    expect(await verifyKeyMaterialAuth(auth, new Uint8Array(32))).toBe(false);
    const sameSuffix = MATERIAL.slice();
    sameSuffix[0] = 99;
    expect(await verifyKeyMaterialAuth(auth, sameSuffix)).toBe(false);
    expect(await verifyKeyMaterialAuth(auth, MATERIAL.subarray(1))).toBe(false);
  });

  it('is not made from anything but 32 bytes', () => {
    expect(() => encodeKeyMaterialAuth(SECRET_KEY, MATERIAL.subarray(1))).toThrow(InvalidOptionError);
  });

  it('is undefined for anything else', () => {
    expect(decodeKeyMaterialAuth('')).toBeUndefined();
    expect(decodeKeyMaterialAuth('A'.repeat(151))).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(decodeKeyMaterialAuth(text)).toBeUndefined();
      }),
    );
  });
});
