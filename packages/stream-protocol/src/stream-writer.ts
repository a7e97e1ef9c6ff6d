import type { StreamFrame } from './stream-frame.ts';

/** First byte of every frame. */
export const FRAME_TYPES = Object.freeze({ data: 1, ack: 2, end: 3, done: 4 });

/** Bytes of the head of a data frame. */
const DATA_HEAD_BYTES = 3;

/** Bytes a frame takes on the wire. */
export const frameSizeBytes = (frame: StreamFrame): number => {
  if (frame.kind === 'data') return DATA_HEAD_BYTES + frame.bytes.byteLength;
  return frame.kind === 'ack' ? 17 : 1;
};

/** Frames as they stand on the wire, between what is given to stand before and after them. */
export const encodeStreamFrames = (
  frames: readonly StreamFrame[],
  before: Uint8Array = new Uint8Array(),
  after: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> => {
  const ends = before.byteLength + after.byteLength;
  const out = new Uint8Array(frames.reduce((sum, frame) => sum + frameSizeBytes(frame), ends));
  const view = new DataView(out.buffer);
  out.set(before);
  let at = before.byteLength;
  for (const frame of frames) {
    out[at] = FRAME_TYPES[frame.kind];
    if (frame.kind === 'data') {
      view.setUint16(at + 1, frame.bytes.byteLength);
      out.set(frame.bytes, at + DATA_HEAD_BYTES);
    } else if (frame.kind === 'ack') {
      view.setBigUint64(at + 1, BigInt(frame.received));
      view.setBigUint64(at + 9, BigInt(frame.limit));
    }
    at += frameSizeBytes(frame);
  }
  out.set(after, at);
  return out;
};

const dataHead = (sizeBytes: number): Uint8Array => Uint8Array.of(FRAME_TYPES.data, sizeBytes >> 8, sizeBytes & 0xff);

/** From so many bytes on data is not copied to stand beside its head. */
const WORTH_REFERRING_BYTES = 4_096;

/** The same bytes as {@link encodeStreamFrames} gives, in pieces that follow each other; much data is in them as it was given. */
export const streamPieces = (
  frames: readonly StreamFrame[],
  before: Uint8Array = new Uint8Array(),
): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  let small: StreamFrame[] = [];
  let head = before;
  for (const frame of frames) {
    if (frame.kind !== 'data' || frame.bytes.byteLength < WORTH_REFERRING_BYTES) {
      small.push(frame);
      continue;
    }
    pieces.push(encodeStreamFrames(small, head, dataHead(frame.bytes.byteLength)), frame.bytes);
    small = [];
    head = new Uint8Array();
  }
  if (small.length > 0 || head.byteLength > 0) pieces.push(encodeStreamFrames(small, head));
  return pieces;
};
