import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkDatagramSize,
  contentBytesOfFrame,
  datagramCountOfFrame,
  decodeDatagramFrame,
  encodeDatagramToClient,
  encodeDatagramToRelay,
  endpointKeyOfFrame,
  hasEndpointKey,
  isDatagramToClient,
  isDatagramToRelay,
  MAX_FRAME_BYTES,
  RelayProtocolError,
  routeKeyOf,
  routeKeyOfFrame,
  turnIntoDelivery,
} from '../src/index.ts';
import { bytesOf, CONTENTS_HEX, hexOf, KEY, KEY_HEX } from './vectors.ts';

const SENDER = new Uint8Array(32).fill(0xab);
const CONTENTS = bytesOf(CONTENTS_HEX);
const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyDatagram = fc.record({
  endpointKey: anyKey,
  ecn: fc.integer({ min: 0, max: 3 }),
  segmentBytes: fc.option(fc.integer({ min: 1, max: 65_535 })),
  contents: fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
});

describe('a datagram frame', () => {
  it.each([
    ['single', encodeDatagramToRelay, null, `04${KEY_HEX}03${CONTENTS_HEX}`],
    ['batch', encodeDatagramToRelay, 6, `05${KEY_HEX}030006${CONTENTS_HEX}`],
    ['single', encodeDatagramToClient, null, `06${KEY_HEX}03${CONTENTS_HEX}`],
    ['batch', encodeDatagramToClient, 6, `07${KEY_HEX}030006${CONTENTS_HEX}`],
  ])('has the bytes of the protocol: %s', (_name, encode, segmentBytes, hex) => {
    const frame = encode({ endpointKey: KEY, ecn: 3, segmentBytes, contents: CONTENTS });
    expect(hexOf(frame)).toBe(hex);
    expect(decodeDatagramFrame(Uint8Array.from(frame))).toEqual({
      endpointKey: KEY,
      ecn: 3,
      segmentBytes,
      contents: Uint8Array.from(CONTENTS),
    });
  });

  it('is opened without copying', () => {
    const frame = bytesOf(`05${KEY_HEX}030006${CONTENTS_HEX}`);
    const { contents, endpointKey } = decodeDatagramFrame(frame);
    expect(contents.buffer).toBe(frame.buffer);
    expect(endpointKey.buffer).toBe(frame.buffer);
  });

  it('becomes its delivery in place', () => {
    fc.assert(
      fc.property(anyDatagram, anyKey, (datagram, sender) => {
        const frame = encodeDatagramToRelay(datagram);
        const delivery = turnIntoDelivery(frame, sender);
        expect(delivery.buffer).toBe(frame.buffer);
        expect(hexOf(delivery)).toBe(hexOf(encodeDatagramToClient({ ...datagram, endpointKey: sender })));
      }),
    );
  });

  it('becomes a single datagram when its segment size is 0', () => {
    const delivery = turnIntoDelivery(bytesOf(`05${KEY_HEX}020000${CONTENTS_HEX}`), SENDER);
    expect(hexOf(delivery)).toBe(`06${hexOf(SENDER)}02${CONTENTS_HEX}`);
  });

  it('tells its key in every form', () => {
    const frame = bytesOf(`04${KEY_HEX}00ff`);
    expect(routeKeyOfFrame(frame)).toBe(routeKeyOf(KEY));
    expect(routeKeyOf(KEY)).toHaveLength(32);
    expect(hexOf(endpointKeyOfFrame(frame))).toBe(KEY_HEX);
    expect(hasEndpointKey(frame, KEY)).toBe(true);
    expect(hasEndpointKey(frame, SENDER)).toBe(false);
  });

  it('keeps keys apart that differ in one byte', () => {
    fc.assert(
      fc.property(anyKey, fc.integer({ min: 0, max: 31 }), fc.integer({ min: 1, max: 255 }), (key, at, by) => {
        const other = key.slice();
        other[at] = (other[at] ?? 0) ^ by;
        expect(routeKeyOf(key)).not.toBe(routeKeyOf(other));
        expect(hasEndpointKey(Buffer.concat([Buffer.of(4), key]), other)).toBe(false);
      }),
    );
  });

  it.each([
    [`04${KEY_HEX}00`, 0, 0],
    [`04${KEY_HEX}00aabb`, 2, 1],
    [`05${KEY_HEX}000002aabbccddee`, 5, 3],
    [`05${KEY_HEX}000000aabb`, 2, 1],
    [`05${KEY_HEX}000002`, 0, 0],
  ])('counts its bytes and datagrams: %s', (hex, contentBytes, count) => {
    expect(contentBytesOfFrame(bytesOf(hex))).toBe(contentBytes);
    expect(datagramCountOfFrame(bytesOf(hex))).toBe(count);
  });

  it.each([
    ['no header', '04'],
    ['no ECN byte', `04${KEY_HEX}`],
    ['no segment size', `05${KEY_HEX}0000`],
    ['no key', '0700'],
  ])('is refused with %s', (_name, hex) => {
    expect(() => checkDatagramSize(bytesOf(hex))).toThrow(RelayProtocolError);
    expect(() => decodeDatagramFrame(bytesOf(hex))).toThrow(RelayProtocolError);
  });

  it('is refused beyond the largest frame, and accepted at it', () => {
    const largest = Buffer.alloc(MAX_FRAME_BYTES);
    largest[0] = 4;
    expect(() => checkDatagramSize(largest)).not.toThrow();
    expect(() => checkDatagramSize(Buffer.concat([largest, Buffer.of(0)]))).toThrow(/longer than 65537/);
    expect(() =>
      encodeDatagramToRelay({ endpointKey: KEY, ecn: 0, segmentBytes: null, contents: Buffer.alloc(65_536) }),
    ).toThrow(RelayProtocolError);
  });

  it('knows its direction', () => {
    expect([3, 4, 5, 6, 7, 8].map((type) => isDatagramToRelay(Buffer.of(type)))).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([3, 4, 5, 6, 7, 8].map((type) => isDatagramToClient(Buffer.of(type)))).toEqual([
      false,
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(isDatagramToRelay(Buffer.alloc(0))).toBe(false);
    expect(() => decodeDatagramFrame(bytesOf('090000000000000000'))).toThrow(RelayProtocolError);
  });
});
