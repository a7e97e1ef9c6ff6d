import type { StreamFrame } from './stream-frame.ts';

/** First byte of every frame. */
export const FRAME_TYPES = Object.freeze({ data: 1, ack: 2, end: 3, done: 4 });

/** Bytes a frame takes on the wire. */
export const frameSizeBytes = (frame: StreamFrame): number => {
  if (frame.kind === 'data') return 3 + frame.bytes.byteLength;
  return frame.kind === 'ack' ? 17 : 1;
};

/** Frames as they stand on the wire, after what is given to stand before them. */
export const encodeStreamFrames = (
  frames: readonly StreamFrame[],
  before: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(frames.reduce((sum, frame) => sum + frameSizeBytes(frame), before.byteLength));
  const view = new DataView(out.buffer);
  out.set(before);
  let at = before.byteLength;
  for (const frame of frames) {
    out[at] = FRAME_TYPES[frame.kind];
    if (frame.kind === 'data') {
      view.setUint16(at + 1, frame.bytes.byteLength);
      out.set(frame.bytes, at + 3);
    } else if (frame.kind === 'ack') {
      view.setBigUint64(at + 1, BigInt(frame.received));
      view.setBigUint64(at + 9, BigInt(frame.limit));
    }
    at += frameSizeBytes(frame);
  }
  return out;
};
