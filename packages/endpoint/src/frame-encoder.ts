import { FRAME_HEADER_BYTES } from './frame-decoder.ts';
import { toNativeBytes } from './native-bytes.ts';

/** Largest single write. A giant one costs about 50 times its size in memory inside the binding (measured). */
export const PIECE_BYTES = 65_536;

/** The bytes of some frames, in writes of at most 64 KiB; small frames share a write. */
export function* encodePieces(frames: readonly Uint8Array[]): Generator<number[]> {
  const bytes = Buffer.concat(frames.flatMap((frame) => [headerOf(frame), frame]));
  for (let start = 0; start < bytes.byteLength; start += PIECE_BYTES) {
    yield toNativeBytes(bytes.subarray(start, start + PIECE_BYTES));
  }
}

const headerOf = (frame: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(frame.byteLength);
  return header;
};
