import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeClientFrame,
  PING_PAYLOAD_BYTES,
  RelayProtocolError,
} from '../src/index.ts';
import { bytesOf, CONTENTS_HEX, hexOf, KEY, KEY_HEX } from './vectors.ts';

const PAYLOAD = new Uint8Array(8).fill(42);

describe('a client frame', () => {
  it.each<[string, ClientFrame, string]>([
    ['ping', { type: 'ping', payload: PAYLOAD }, '092a2a2a2a2a2a2a2a'],
    ['pong', { type: 'pong', payload: PAYLOAD }, '0a2a2a2a2a2a2a2a2a'],
    [
      'datagrams',
      {
        type: 'datagrams',
        endpointKey: KEY,
        ecn: 3,
        segmentBytes: 6,
        contents: Uint8Array.from(bytesOf(CONTENTS_HEX)),
      },
      `05${KEY_HEX}030006${CONTENTS_HEX}`,
    ],
  ])('is written and read: %s', (_name, frame, hex) => {
    expect(hexOf(encodeClientFrame(frame))).toBe(hex);
    expect(decodeClientFrame(Uint8Array.from(bytesOf(hex)))).toEqual(frame);
  });

  it.each([
    ['empty', '', 'empty'],
    ['a short ping', '0900', 'wrong-size'],
    ['a long pong', '0a000000000000000000', 'wrong-size'],
    ['a delivery', `06${KEY_HEX}00ff`, 'unexpected-frame'],
    ['a status', '0d01', 'unexpected-frame'],
    ['an unknown type', '2a', 'unknown-frame'],
    ['a type of two bytes', '4004', 'unknown-frame'],
  ])('is refused: %s', (_name, hex, fault) => {
    expect(() => decodeClientFrame(bytesOf(hex))).toThrow(
      expect.objectContaining({ code: 'RELAY_PROTOCOL_VIOLATION', fault }),
    );
  });

  it('cannot be a ping of another size', () => {
    expect(() => encodeClientFrame({ type: 'ping', payload: new Uint8Array(9) })).toThrow(RelayProtocolError);
  });

  it('never fails but with a protocol error, and never holds more than it was given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 16 }), (bytes, type) => {
        for (const frame of [bytes, Uint8Array.of(type, ...bytes)]) {
          try {
            const decoded = decodeClientFrame(frame);
            if (decoded.type === 'datagrams') expect(decoded.contents.buffer).toBe(frame.buffer);
            else expect(decoded.payload.buffer.byteLength).toBe(PING_PAYLOAD_BYTES);
          } catch (error) {
            expect(error).toBeInstanceOf(RelayProtocolError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
