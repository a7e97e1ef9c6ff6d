import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRelayFrame,
  encodeEndpointGone,
  encodeHealthFor,
  encodeRelayFrame,
  type ProtocolVersion,
  type RelayFrame,
  RelayProtocolError,
} from '../src/index.ts';
import { bytesOf, CONTENTS_HEX, hexOf, KEY, KEY_HEX } from './vectors.ts';

describe('a relay frame', () => {
  it.each<[ProtocolVersion, RelayFrame, string]>([
    [2, { type: 'ping', payload: new Uint8Array(8).fill(42) }, '092a2a2a2a2a2a2a2a'],
    [2, { type: 'pong', payload: new Uint8Array(8).fill(42) }, '0a2a2a2a2a2a2a2a2a'],
    [2, { type: 'endpointGone', endpointKey: KEY }, `08${KEY_HEX}`],
    [1, { type: 'health', problem: 'Hello? Yes this is dog.' }, '0b48656c6c6f3f20596573207468697320697320646f672e'],
    [2, { type: 'restarting', reconnectInMs: 10, tryForMs: 20 }, '0c0000000a00000014'],
    [2, { type: 'status', health: 'healthy' }, '0d00'],
    [2, { type: 'status', health: 'same-endpoint-connected' }, '0d01'],
    [2, { type: 'status', health: 'rate-limited' }, '0d02'],
    [
      1,
      {
        type: 'datagrams',
        endpointKey: KEY,
        ecn: 3,
        segmentBytes: null,
        contents: Uint8Array.from(bytesOf(CONTENTS_HEX)),
      },
      `06${KEY_HEX}03${CONTENTS_HEX}`,
    ],
    [
      2,
      {
        type: 'datagrams',
        endpointKey: KEY,
        ecn: 3,
        segmentBytes: 6,
        contents: Uint8Array.from(bytesOf(CONTENTS_HEX)),
      },
      `07${KEY_HEX}030006${CONTENTS_HEX}`,
    ],
  ])('is written and read, version %i: %o', (version, frame, hex) => {
    expect(hexOf(encodeRelayFrame(frame))).toBe(hex);
    expect(decodeRelayFrame(Uint8Array.from(bytesOf(hex)), version)).toEqual(frame);
  });

  it('tells a health change in the words of the client’s version', () => {
    expect(hexOf(encodeHealthFor(2, 'same-endpoint-connected') ?? Buffer.of())).toBe('0d01');
    expect(hexOf(encodeHealthFor(2, 'healthy') ?? Buffer.of())).toBe('0d00');
    const sentence = encodeHealthFor(1, 'same-endpoint-connected');
    expect(decodeRelayFrame(sentence ?? Buffer.of(), 1)).toMatchObject({ type: 'health' });
    expect(decodeRelayFrame(encodeHealthFor(1, 'healthy') ?? Buffer.of(), 1)).toMatchObject({ type: 'health' });
    expect(encodeHealthFor(1, 'rate-limited')).toBeUndefined();
  });

  it('reads states newer than it as unknown', () => {
    expect(decodeRelayFrame(bytesOf('0d63'), 2)).toEqual({ type: 'status', health: 'unknown' });
    expect(decodeRelayFrame(bytesOf('0d01ffff'), 2)).toEqual({ type: 'status', health: 'same-endpoint-connected' });
  });

  it('reads a problem in broken UTF-8', () => {
    expect(decodeRelayFrame(bytesOf('0bff'), 1)).toEqual({ type: 'health', problem: '\ufffd' });
  });

  it('clamps durations to what the frame can carry', () => {
    const frame = encodeRelayFrame({ type: 'restarting', reconnectInMs: -5, tryForMs: 1e12 });
    expect(hexOf(frame)).toBe('0c00000000ffffffff');
  });

  it.each<[string, string, ProtocolVersion, string]>([
    ['health in version 2', '0b41', 2, 'not-in-version'],
    ['status in version 1', '0d01', 1, 'not-in-version'],
    ['a status without a state', '0d', 2, 'wrong-size'],
    ['a short EndpointGone', '0800', 2, 'wrong-size'],
    ['a short Restarting', '0c0000', 2, 'wrong-size'],
    ['a client’s datagram', `04${KEY_HEX}00ff`, 2, 'unexpected-frame'],
    ['an empty frame', '', 2, 'empty'],
    ['an unknown type', '0e', 2, 'unknown-frame'],
  ])('is refused: %s', (_name, hex, version, fault) => {
    expect(() => decodeRelayFrame(bytesOf(hex), version)).toThrow(expect.objectContaining({ fault }));
  });

  it('says who is gone', () => {
    expect(hexOf(encodeEndpointGone(KEY))).toBe(`08${KEY_HEX}`);
  });

  it('never fails but with a protocol error', () => {
    const anyVersion = fc.constantFrom<ProtocolVersion>(1, 2);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 0, max: 16 }),
        anyVersion,
        (bytes, type, version) => {
          for (const frame of [bytes, Uint8Array.of(type, ...bytes)]) {
            try {
              decodeRelayFrame(frame, version);
            } catch (error) {
              expect(error).toBeInstanceOf(RelayProtocolError);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
