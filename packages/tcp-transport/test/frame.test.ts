import { seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { FRAME_TYPES, frameHead, frameReader, leaveBytes, leaveCodeOf, type TcpFrame } from '../src/frame.ts';

const read = (chunks: readonly Uint8Array[]): readonly TcpFrame[] => {
  const reader = frameReader();
  const frames: TcpFrame[] = [];
  for (const chunk of chunks) reader.push(chunk, (frame) => frames.push(frame));
  return frames;
};

/** What was sent as one may be told in several; their bytes as text, to be compared fast. */
const joined = (frames: readonly TcpFrame[]): readonly object[] => {
  const whole: { name: string; stream: number; bytes: string }[] = [];
  for (const { name, stream, bytes } of frames) {
    const before = whole.at(-1);
    const text = Buffer.from(bytes).toString('latin1');
    if (before?.name !== 'data' || before.stream !== stream || (name !== 'data' && name !== 'last')) {
      whole.push({ name, stream, bytes: text });
    } else Object.assign(before, { name, bytes: before.bytes + text });
  }
  return whole;
};

describe('frames of a TCP connection', () => {
  it('are the same however they are cut', () => {
    const random = seededRandom(7);
    const frames: TcpFrame[] = [
      { name: 'open', stream: 1, bytes: Buffer.from(random.bytes(300)) },
      { name: 'alive', stream: 0, bytes: Buffer.alloc(0) },
      { name: 'data', stream: 4_294_967_294, bytes: Buffer.from(random.bytes(65_536)) },
      { name: 'last', stream: 1, bytes: Buffer.alloc(0) },
      { name: 'leave', stream: 3, bytes: leaveBytes(2 ** 32) },
      { name: 'ask', stream: 0, bytes: Buffer.alloc(0) },
    ];
    const wire = Buffer.concat(
      frames.flatMap(({ name, stream, bytes }) => [frameHead(name, stream, bytes.byteLength), bytes]),
    );
    for (const largest of [1, 7, 100, 16_384, wire.byteLength]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < wire.byteLength; ) {
        const size = largest === 1 ? 1 : 1 + Math.floor(random.ratio() * largest);
        chunks.push(wire.subarray(at, at + size));
        at += size;
      }
      expect(joined(read(chunks))).toEqual(joined(frames));
    }
  });

  it('are told as they came where that is much, and put together where it is little', () => {
    const bytes = Buffer.from(seededRandom(8).bytes(40_000));
    const wire = Buffer.concat([frameHead('last', 1, bytes.byteLength), bytes]);
    const told = (cuts: readonly number[]) =>
      read(cuts.map((end, at) => wire.subarray(cuts[at - 1] ?? 0, end))).map((frame) => [
        frame.name,
        frame.bytes.byteLength,
      ]);
    expect(told([16_384, 32_768, 40_008])).toEqual([
      ['data', 16_376],
      ['data', 16_384],
      ['last', 7_240],
    ]);
    const crumbs = Array.from({ length: 40_008 }, (_, at) => at + 1);
    expect(told(crumbs)).toEqual([['last', 40_000]]);
    expect(told([10_008, 10_009, 40_008])).toEqual([
      ['data', 10_000],
      ['last', 30_000],
    ]);
  });

  it('carry every code that a stream may be left with', () => {
    for (const code of [0, 1, 2 ** 32 - 1, 2 ** 32]) expect(leaveCodeOf(leaveBytes(code))).toBe(code);
    expect(() => leaveCodeOf(leaveBytes(2 ** 32 + 1))).toThrow('out of range');
  });

  it.each([
    ['an unknown type', [99, 0, 0, 0, 1, 0, 0, 1]],
    ['nothing opened', [FRAME_TYPES.open, 0, 0, 0, 1, 0, 0, 0]],
    ['no data', [FRAME_TYPES.data, 0, 0, 0, 1, 0, 0, 0]],
    ['too much data', [FRAME_TYPES.data, 0, 0, 0, 1, 1, 0, 1]],
    ['a code of another size', [FRAME_TYPES.leave, 0, 0, 0, 1, 0, 0, 4]],
    ['a sign of life with bytes', [FRAME_TYPES.alive, 0, 0, 0, 0, 0, 0, 1]],
    ['a sign of life of a stream', [FRAME_TYPES.alive, 0, 0, 0, 1, 0, 0, 0]],
    ['data of the connection', [FRAME_TYPES.data, 0, 0, 0, 0, 0, 0, 1]],
  ])('are refused by their head: %s', (_what, head) => {
    expect(() => read([Uint8Array.from(head)])).toThrow(expect.objectContaining({ code: 'TCP_PROTOCOL_ERROR' }));
  });
});
