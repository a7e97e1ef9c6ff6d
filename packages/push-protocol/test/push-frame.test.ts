import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePushAnswer,
  encodePushRequest,
  MAX_PATH_BYTES,
  MAX_PUSH_DATA_BYTES,
  MAX_SMALL_FILE_BYTES,
  type PushAnswer,
  type PushRequest,
  pushAnswerReader,
  pushRequestReader,
} from '../src/index.ts';

const path = fc.array(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), { minLength: 1, maxLength: 5 });
const index = fc.nat();
const request: fc.Arbitrary<PushRequest> = fc.oneof(
  fc.record({
    kind: fc.constant('begin' as const),
    run: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    push: fc.nat(),
    files: fc.nat(1_000_000),
    bytes: fc.nat(),
  }),
  fc.record({ kind: fc.constant('folder' as const), path }),
  fc.record({
    kind: fc.constant('file' as const),
    index,
    path,
    sizeBytes: fc.nat(),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  fc.record({
    kind: fc.constant('small' as const),
    index,
    path,
    sizeBytes: fc.nat(MAX_SMALL_FILE_BYTES),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  fc.record({
    kind: fc.constant('large' as const),
    index,
    path,
    sizeBytes: fc.nat(),
    mark: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  }),
  fc.record({ kind: fc.constant('hash' as const), hash: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
  fc.constant({ kind: 'abandon' as const }),
  fc.record({ kind: fc.constant('data' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }) }),
);
const answer: fc.Arbitrary<PushAnswer> = fc.oneof(
  fc.record({ kind: fc.constant('take' as const), index, offset: fc.nat() }),
  fc.record({ kind: fc.constant('ask' as const), index }),
  fc.record({ kind: fc.constant('saved' as const), index, path, wasHere: fc.boolean() }),
  fc.record({
    kind: fc.constant('failed' as const),
    index,
    reason: fc.constantFrom('changed' as const, 'name' as const, 'storage' as const),
  }),
  fc.record({
    kind: fc.constant('stop' as const),
    reason: fc.constantFrom('too-large' as const, 'no-room' as const, 'busy' as const),
  }),
  fc.constant({ kind: 'done' as const }),
);

/** Cuts bytes where `cuts` say. */
const pieces = (bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end));
};

const plain = (word: unknown): unknown =>
  JSON.parse(JSON.stringify(word, (_key, value) => (value instanceof Uint8Array ? Array.from(value) : value)));

/** Words, and between them the bytes of a file, one by one: those of one frame may come in several. */
const inTurn = (said: readonly PushRequest[]): readonly unknown[] =>
  said.flatMap((each) => (each.kind === 'data' ? Array.from(each.bytes) : [plain(each)]));

describe('frames of a push', () => {
  it('are read as they were written, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(request), fc.array(fc.nat()), (said, cuts) => {
        const reader = pushRequestReader();
        const all = Buffer.concat(said.map(encodePushRequest));
        expect(inTurn(pieces(all, cuts).flatMap((piece) => reader.read(piece)))).toEqual(inTurn(said));
        expect(reader.isAtBoundary).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.array(answer), fc.array(fc.nat()), (said, cuts) => {
        const reader = pushAnswerReader();
        const all = Buffer.concat(said.map(encodePushAnswer));
        expect(pieces(all, cuts).flatMap((piece) => reader.read(piece))).toEqual(said);
      }),
    );
  });

  it('are refused with one of two errors, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        for (const reader of [pushRequestReader(), pushAnswerReader()]) {
          try {
            reader.read(noise);
          } catch (error) {
            expect(['PUSH_PROTOCOL_ERROR', 'WIRE_FORMAT_INVALID']).toContain((error as { code: string }).code);
          }
        }
      }),
    );
  });

  it('keep their bounds', () => {
    const long = Buffer.alloc(5);
    long.writeUInt8(2, 0);
    long.writeUInt32BE(MAX_PUSH_DATA_BYTES + 1, 1);
    expect(() => pushRequestReader().read(long)).toThrowError(/too long/);
    expect(() => pushAnswerReader().read(Buffer.from([2, 0, 0, 0, 1, 1]))).toThrowError(/unknown type/);
    const folder = encodePushRequest({ kind: 'folder', path: ['x'.repeat(MAX_PATH_BYTES), 'y'] });
    expect(() => pushRequestReader().read(folder)).toThrowError(/schema|fields/);
    const hash = new Uint8Array(32);
    const small = { kind: 'small' as const, index: 0, path: ['x'], sizeBytes: MAX_SMALL_FILE_BYTES + 1, hash };
    expect(() => pushRequestReader().read(encodePushRequest(small))).toThrowError(/schema|fields/);
  });
});
