import { endpointIdOf, InvalidOptionError } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointIdOfKey, keyOfEndpointId, RelayProtocolError, signChallenge, verifyClientAuth } from '../src/index.ts';
import { bytesOf, hexOf, KEY, KEY_HEX, SECRET_KEY } from './vectors.ts';

const CHALLENGE = bytesOf('000102030405060708090a0b0c0d0e0f');

describe('an endpoint id', () => {
  it('is the public key of the seed', () => {
    expect(endpointIdOf(SECRET_KEY)).toBe(KEY_HEX);
    expect(endpointIdOfKey(KEY)).toBe(KEY_HEX);
    expect(hexOf(keyOfEndpointId(endpointIdOf(SECRET_KEY)))).toBe(KEY_HEX);
  });

  it('is refused for keys of another length, without showing them', () => {
    expect(() => endpointIdOf(new Uint8Array(31).fill(7))).toThrow(InvalidOptionError);
    expect(() => endpointIdOf(new Uint8Array(31).fill(7))).toThrow(/31 bytes/);
    expect(() => endpointIdOfKey(new Uint8Array(33))).toThrow(InvalidOptionError);
    expect(() => keyOfEndpointId('zz' as never)).toThrow(InvalidOptionError);
  });
});

describe('a challenge', () => {
  it('is answered with the signature iroh expects', async () => {
    const auth = signChallenge(SECRET_KEY, CHALLENGE);
    expect(hexOf(auth.endpointKey)).toBe(KEY_HEX);
    expect(await verifyClientAuth(auth, CHALLENGE)).toBe(true);
  });

  it('is not answered by the signature of another challenge, key or bit', async () => {
    const auth = signChallenge(SECRET_KEY, CHALLENGE);
    expect(await verifyClientAuth(auth, new Uint8Array(16))).toBe(false);
    expect(await verifyClientAuth({ ...auth, endpointKey: new Uint8Array(32).fill(3) }, CHALLENGE)).toBe(false);
    const bent = auth.signature.slice();
    bent[5] = (bent[5] ?? 0) ^ 1;
    expect(await verifyClientAuth({ ...auth, signature: bent }, CHALLENGE)).toBe(false);
    expect(await verifyClientAuth({ ...auth, signature: auth.signature.subarray(1) }, CHALLENGE)).toBe(false);
    expect(await verifyClientAuth({ ...auth, endpointKey: KEY.subarray(1) }, CHALLENGE)).toBe(false);
  });

  it('is never signed unless it is 16 bytes', () => {
    expect(() => signChallenge(SECRET_KEY, new Uint8Array(32))).toThrow(RelayProtocolError);
  });

  it('is refused quietly for arbitrary keys and signatures', async () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    await fc.assert(
      fc.asyncProperty(bytes(32), bytes(64), async (endpointKey, signature) => {
        expect(await verifyClientAuth({ endpointKey, signature }, CHALLENGE)).toBe(false);
      }),
    );
  });
});
