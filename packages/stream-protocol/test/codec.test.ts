import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeStreamAnswer,
  decodeStreamHeader,
  encodeStreamFrames,
  encodeStreamHeader,
  MAX_DATA_BYTES,
  type StreamFrame,
  type StreamPart,
  streamPieces,
  streamReader,
} from '../src/index.ts';

const HEADER = { kind: 'resume', streamId: new Uint8Array(16), attempt: 2, received: 5, limit: 9 } as const;

const readAll = (chunks: readonly Uint8Array[]) => {
  const reader = streamReader();
  const parts = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let part = reader.next(); part !== undefined; part = reader.next()) parts.push(part);
  }
  return { parts, isMidPart: reader.isMidPart };
};

const position = fc.integer({ min: 0, max: 2 ** 52 });
const frame: fc.Arbitrary<StreamFrame> = fc.oneof(
  fc.record({ kind: fc.constant('data' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
  fc.record({ kind: fc.constant('ack' as const), received: position, limit: position }),
  fc.record({ kind: fc.constant('end' as const) }),
  fc.record({ kind: fc.constant('done' as const) }),
);

/** Neighbouring data as one: a frame may be read in pieces. */
const joined = (frames: readonly { readonly kind: string; readonly bytes?: Uint8Array }[]) =>
  frames.flatMap((each): (string | number)[] => (each.bytes === undefined ? [JSON.stringify(each)] : [...each.bytes]));

describe('the wire form of a stream', () => {
  it('is the same in pieces, in which much data is not copied', () => {
    const much = new Uint8Array(5_000).fill(7);
    const frames: readonly StreamFrame[] = [
      { kind: 'ack', received: 1, limit: 2 },
      { kind: 'data', bytes: much },
      { kind: 'data', bytes: Uint8Array.of(1, 2) },
      { kind: 'data', bytes: much.subarray(0, 4_096) },
      { kind: 'end' },
    ];
    for (let count = 0; count <= frames.length; count += 1) {
      for (const before of [new Uint8Array(), encodeStreamHeader(HEADER)]) {
        const pieces = streamPieces(frames.slice(0, count), before);
        const whole = encodeStreamFrames(frames.slice(0, count), before);
        expect(Buffer.concat(pieces).equals(whole)).toBe(true);
        expect(pieces.every(({ byteLength }) => byteLength > 0)).toBe(true);
      }
    }
    expect(streamPieces(frames).filter(({ buffer }) => buffer === much.buffer)).toHaveLength(2);
  });

  it('is read as it was written, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (frames, cuts) => {
        const bytes = encodeStreamFrames(frames, encodeStreamHeader(HEADER));
        const chunks: Uint8Array[] = [];
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const size = cuts[cut % cuts.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const { parts, isMidPart } = readAll(chunks);
        const [first, ...rest] = parts;
        expect(first?.kind).toBe('header');
        expect(decodeStreamHeader((first as { body: Uint8Array }).body)).toEqual(HEADER);
        expect(joined(rest as never)).toEqual(joined(frames as never));
        expect(isMidPart).toBe(false);
      }),
    );
  });

  it.each([
    ['a header beyond its bound', Uint8Array.of(0xff, 0xff)],
    ['a header of another kind', Uint8Array.of(0, 1, 0xa0)],
    ['an unknown type', encodeStreamFrames([], concat(encodeStreamHeader(HEADER), Uint8Array.of(9)))],
    ['data without bytes', concat(encodeStreamHeader(HEADER), Uint8Array.of(1, 0, 0))],
    ['data beyond its bound', concat(encodeStreamHeader(HEADER), Uint8Array.of(1, 0xff, 0xff))],
    [
      'a position that is no exact number',
      concat(encodeStreamHeader(HEADER), Uint8Array.of(2), new Uint8Array(16).fill(255)),
    ],
  ])('refuses %s', (_what, bytes) => {
    expect(() => {
      for (const part of readAll([bytes]).parts) if (part.kind === 'header') decodeStreamHeader(part.body);
    }).toThrowError(expect.objectContaining({ code: 'STREAM_PROTOCOL_ERROR' }));
  });

  it.each([
    { kind: 'open', streamId: new Uint8Array(16), service: ' x', attempt: 1, isResumable: true, received: 0, limit: 0 },
    { kind: 'open', streamId: new Uint8Array(15), service: 'x', attempt: 1, isResumable: true, received: 0, limit: 0 },
    { kind: 'resume', streamId: new Uint8Array(16), attempt: 0, received: 0, limit: 0 },
    { kind: 'list', more: 1 },
  ])('refuses a header with a field outside its bounds', (value) => {
    expect(() => decodeStreamHeader(encodeStreamHeader(value as never).subarray(2))).toThrowError(
      expect.objectContaining({ code: 'STREAM_PROTOCOL_ERROR' }),
    );
  });

  it('refuses an answer with an unknown reason', () => {
    const bytes = encodeStreamHeader({ kind: 'refused', reason: 'whim' as never }).subarray(2);
    expect(() => decodeStreamAnswer(bytes)).toThrowError(expect.objectContaining({ code: 'STREAM_PROTOCOL_ERROR' }));
  });

  it('never reads anything but parts or a protocol error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          for (const part of readAll([bytes]).parts) if (part.kind === 'header') decodeStreamHeader(part.body);
        } catch (error) {
          expect(error).toMatchObject({ code: 'STREAM_PROTOCOL_ERROR' });
        }
      }),
    );
  });

  it('gives parts that outlive what they came in, however it was cut', () => {
    const content = Uint8Array.from({ length: 5_000 }, (_, index) => index % 251);
    const wire = encodeStreamFrames(
      [
        { kind: 'data', bytes: content },
        { kind: 'ack', received: 7, limit: 9 },
        { kind: 'data', bytes: content },
      ],
      encodeStreamHeader(HEADER),
    );
    for (const cutBytes of [1, 3, 1_000, 4_999, 20_000]) {
      const reader = streamReader();
      const parts: StreamPart[] = [];
      for (let at = 0; at < wire.byteLength; at += cutBytes) {
        const chunk = new Uint8Array(wire.subarray(at, at + cutBytes));
        reader.push(chunk);
        for (let part = reader.next(); part !== undefined; part = reader.next()) parts.push(part);
        // Whoever lent it takes it back.
        chunk.fill(255);
      }
      const data = parts.flatMap((part) => (part.kind === 'data' ? [part.bytes] : []));
      expect(Buffer.concat(data).equals(concat(content, content))).toBe(true);
      expect(parts.filter(({ kind }) => kind === 'ack')).toEqual([{ kind: 'ack', received: 7, limit: 9 }]);
    }
  });

  it('keeps no large block alive for a small piece', () => {
    const block = new Uint8Array(MAX_DATA_BYTES);
    const wire = encodeStreamFrames([{ kind: 'data', bytes: Uint8Array.of(1) }], encodeStreamHeader(HEADER));
    block.set(wire);
    const reader = streamReader();
    reader.push(block.subarray(0, wire.length));
    reader.next();
    const part = reader.next();
    expect(part?.kind === 'data' && part.bytes.buffer.byteLength).toBe(1);
  });
});

function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}
