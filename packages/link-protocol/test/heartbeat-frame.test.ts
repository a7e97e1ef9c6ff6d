import { decodeFrame, encodeFrame } from '@bowline/wire-format';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readHeartbeat, writeHeartbeat } from '../src/heartbeat-frame.ts';
import { LINK_MAX_FRAME_BYTES } from '../src/index.ts';
import { linkFrameSchema } from '../src/link-frame-schema.ts';

const kinds = fc.constantFrom('ping' as const, 'pong' as const);
/** As many short numbers as long ones, and those beside the bounds of each form. */
const nonces = fc.oneof(
  fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1),
  fc.nat({ max: 2 ** 16 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);

const readGenerally = (bytes: Uint8Array): unknown => {
  try {
    return decodeFrame(bytes, linkFrameSchema, { maxBytes: LINK_MAX_FRAME_BYTES });
  } catch {
    return null;
  }
};

it('writes what the general writer writes, and reads it again', () => {
  fc.assert(
    fc.property(kinds, nonces, (kind, nonce) => {
      const written = writeHeartbeat({ kind, nonce });
      expect(written).toEqual(encodeFrame({ kind, nonce }));
      expect(readHeartbeat(written as Uint8Array)).toEqual({ kind, nonce });
      expect(written?.byteLength).toBe(written?.buffer.byteLength);
    }),
  );
});

it('writes nothing that is no 32-bit number', () => {
  for (const nonce of [-1, 0.5, 2 ** 32, Number.NaN]) expect(writeHeartbeat({ kind: 'ping', nonce })).toBeNull();
});

it('reads nothing that the general reader refuses or reads as something else', () => {
  const changes = fc.array(fc.record({ at: fc.nat({ max: 23 }), byte: fc.nat({ max: 255 }) }), { maxLength: 3 });
  let readCount = 0;
  fc.assert(
    fc.property(kinds, nonces, changes, fc.integer({ min: -5, max: 5 }), (kind, nonce, changed, longerBy) => {
      const written = encodeFrame({ kind, nonce });
      const bytes = new Uint8Array(Math.max(0, written.length + longerBy));
      bytes.set(written.subarray(0, bytes.length));
      for (const { at, byte } of changed) if (at < bytes.length) bytes[at] = byte;
      const read = readHeartbeat(bytes);
      if (read === null) return;
      readCount += 1;
      expect(readGenerally(bytes)).toEqual(read);
    }),
    { numRuns: 5_000 },
  );
  expect(readCount).toBeGreaterThan(100);
});

it('leaves to the general reader what is longer than need be, or has another field', () => {
  const long = Uint8Array.of(...encodeFrame({ kind: 'ping', nonce: 0 }).subarray(0, -1), 0x18, 3);
  expect(readHeartbeat(long)).toBeNull();
  expect(readHeartbeat(encodeFrame({ kind: 'ping', nonce: 2 ** 32 }))).toBeNull();
  expect(readHeartbeat(encodeFrame({ kind: 'ping', other: 1 }))).toBeNull();
  expect(readHeartbeat(new Uint8Array(0))).toBeNull();
});
