import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameDecoder } from '../src/frame-decoder.ts';
import { encodePieces } from '../src/frame-encoder.ts';

const encode = (frames: readonly Uint8Array[]): Uint8Array => Uint8Array.from([...encodePieces(frames)].flat());

const decodeAll = (chunks: readonly Uint8Array[], maxFrameBytes: number): Uint8Array[] => {
  const decoder = frameDecoder(() => maxFrameBytes);
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  }
  expect(decoder.isMidFrame).toBe(false);
  return frames;
};

test('a frame is its length, 32 bits big-endian, and its bytes', () => {
  expect([...encode([Uint8Array.of(7, 8, 9)])]).toEqual([0, 0, 0, 3, 7, 8, 9]);
  expect([...encode([new Uint8Array()])]).toEqual([0, 0, 0, 0]);
});

test('frames survive however the stream cuts them', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, sizes) => {
      const bytes = encode(sent);
      const chunks: Uint8Array[] = [];
      for (let start = 0, turn = 0; start < bytes.byteLength; turn += 1) {
        const sizeBytes = sizes[turn % sizes.length] ?? 1;
        chunks.push(bytes.subarray(start, start + sizeBytes));
        start += sizeBytes;
      }
      expect(decodeAll(chunks, 300)).toEqual(sent.map((frame) => Uint8Array.from(frame)));
    }),
  );
});

test('no write is larger than 64 KiB, and small frames share one', () => {
  const large = [...encodePieces([new Uint8Array(200_000)])];
  expect(large.map((piece) => piece.length)).toEqual([65_536, 65_536, 65_536, 200_004 - 3 * 65_536]);
  expect([...encodePieces([Uint8Array.of(1), Uint8Array.of(2)])]).toHaveLength(1);
});

test('a length beyond the limit is refused before anything is kept', () => {
  const decoder = frameDecoder(() => 10);
  decoder.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
  expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'FRAME_TOO_LARGE' }));
});

test('the limit is the one in force when the length has arrived', () => {
  let limit = 1;
  const decoder = frameDecoder(() => limit);
  decoder.push(Uint8Array.of(0, 0, 0));
  expect(decoder.next()).toBeUndefined();
  limit = 2;
  decoder.push(Uint8Array.of(2, 5, 6));
  expect(decoder.next()).toEqual(Uint8Array.of(5, 6));
});

test('knows whether the stream would break a frame', () => {
  const decoder = frameDecoder(() => 10);
  expect(decoder.isMidFrame).toBe(false);
  decoder.push(Uint8Array.of(0, 0));
  expect(decoder.next()).toBeUndefined();
  expect(decoder.isMidFrame).toBe(true);
});

test('a frame does not share memory with the chunk it came in', () => {
  const chunk = encode([Uint8Array.of(1, 2)]);
  const [frame] = decodeAll([chunk], 10);
  chunk.fill(0);
  expect(frame).toEqual(Uint8Array.of(1, 2));
  expect(frame?.buffer.byteLength).toBe(2);
});
