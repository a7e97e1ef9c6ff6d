import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeClientAuth,
  decodeServerHandshakeFrame,
  encodeClientAuth,
  encodeServerChallenge,
  encodeServerConfirmsAuth,
  encodeServerDeniesAuth,
  RelayProtocolError,
  signChallenge,
} from '../src/index.ts';
import { bytesOf, hexOf, KEY_HEX, SECRET_KEY } from './vectors.ts';

describe('the login', () => {
  it('has the bytes of the protocol', () => {
    const challenge = bytesOf('000102030405060708090a0b0c0d0e0f');
    expect(hexOf(encodeServerChallenge(challenge))).toBe('00000102030405060708090a0b0c0d0e0f');
    expect(hexOf(encodeServerConfirmsAuth())).toBe('02');
    expect(hexOf(encodeServerDeniesAuth('no'))).toBe('03026e6f');
    const auth = encodeClientAuth(signChallenge(SECRET_KEY, challenge));
    expect(auth.length).toBe(98);
    expect(hexOf(auth.subarray(0, 34))).toBe(`01${KEY_HEX}40`);
  });

  it('is read back as it was written', () => {
    const challenge = new Uint8Array(16).fill(9);
    expect(decodeServerHandshakeFrame(encodeServerChallenge(challenge))).toEqual({ type: 'challenge', challenge });
    expect(decodeServerHandshakeFrame(encodeServerConfirmsAuth())).toEqual({ type: 'confirmed' });
    const auth = signChallenge(SECRET_KEY, challenge);
    expect(decodeClientAuth(encodeClientAuth(auth))).toEqual(auth);
  });

  it('are read into bytes of their own, also from a Buffer', () => {
    const auth = { endpointKey: new Uint8Array(32).fill(1), signature: new Uint8Array(64).fill(2) };
    const frame = Buffer.from(encodeClientAuth(auth));
    const read = decodeClientAuth(frame);
    frame.fill(9);
    expect(read).toEqual(auth);
    expect([read.endpointKey.buffer.byteLength, read.signature.buffer.byteLength]).toEqual([32, 64]);
    const challenge = decodeServerHandshakeFrame(Buffer.from(encodeServerChallenge(new Uint8Array(16).fill(3))));
    expect(challenge.type === 'challenge' && challenge.challenge.buffer.byteLength).toBe(16);
  });

  it('gives reasons of any length, cut to 512 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (reason) => {
        const decoded = decodeServerHandshakeFrame(encodeServerDeniesAuth(reason));
        const cut = new TextEncoder().encodeInto(reason, new Uint8Array(512));
        expect(decoded).toEqual({ type: 'denied', reason: reason.slice(0, cut.read) });
      }),
    );
  });

  it('owns what it has read', () => {
    const frame = Uint8Array.from(encodeServerChallenge(new Uint8Array(16).fill(1)));
    const decoded = decodeServerHandshakeFrame(frame);
    frame.fill(7);
    expect(decoded).toEqual({ type: 'challenge', challenge: new Uint8Array(16).fill(1) });
  });

  it.each([
    ['an empty frame', ''],
    ['a short challenge', '0001'],
    ['a long confirmation', '0200'],
    ['a denial without a length', '03'],
    ['a denial whose length never ends', '03808080808080'],
    ['a denial shorter than its length', '030541'],
    ['a denial longer than its length', '03014142'],
    ['a datagram', '0400'],
  ])('refuses %s from a relay', (_name, hex) => {
    expect(() => decodeServerHandshakeFrame(bytesOf(hex))).toThrow(RelayProtocolError);
  });

  it('reads a longer reason than it would send, cut', () => {
    const frame = Buffer.concat([bytesOf('03d804'), Buffer.alloc(600, 'x')]);
    expect(decodeServerHandshakeFrame(frame)).toEqual({ type: 'denied', reason: 'x'.repeat(512) });
  });

  it.each([
    ['an empty frame', ''],
    ['a ping', '090000000000000000'],
    ['a cut login', '0100'],
    ['another signature length', `01${KEY_HEX}3f${'00'.repeat(64)}`],
    ['trailing bytes', `01${KEY_HEX}40${'00'.repeat(65)}`],
  ])('refuses %s from a client', (_name, hex) => {
    expect(() => decodeClientAuth(bytesOf(hex))).toThrow(RelayProtocolError);
  });
});
