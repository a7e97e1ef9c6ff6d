import { FrameTooLargeError } from './errors.ts';

/** Bytes of the length before every frame: 32 bits, big-endian. */
export const FRAME_HEADER_BYTES = 4;

/** Cuts a stream of bytes into frames, one at a time. */
export interface FrameDecoder {
  /** Adds what was read. */
  push(chunk: Uint8Array): void;
  /**
   * The next complete frame, or `undefined` until more is pushed. The limit is asked when a frame's length is known,
   * before a byte of it is kept; memory grows with what arrived, never with what was announced.
   * @throws {@link FrameTooLargeError} and is of no further use then.
   */
  next(): Uint8Array | undefined;
  /** Whether the stream would break a frame if it ended here. */
  readonly isMidFrame: boolean;
}

/** @param maxFrameBytes the limit in force, asked anew for every frame. */
export const frameDecoder = (maxFrameBytes: () => number): FrameDecoder => {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const body: Uint8Array[] = [];
  let chunk: Uint8Array = new Uint8Array();
  let headerBytes = 0;
  let missingBytes = 0;

  const takeHeader = (): boolean => {
    const taken = chunk.subarray(0, FRAME_HEADER_BYTES - headerBytes);
    header.set(taken, headerBytes);
    headerBytes += taken.byteLength;
    chunk = chunk.subarray(taken.byteLength);
    if (headerBytes < FRAME_HEADER_BYTES) return false;
    missingBytes = new DataView(header.buffer).getUint32(0);
    const limit = maxFrameBytes();
    if (missingBytes > limit) throw new FrameTooLargeError(missingBytes, limit);
    return true;
  };

  const takeBody = (): Uint8Array | undefined => {
    const taken = chunk.subarray(0, missingBytes);
    missingBytes -= taken.byteLength;
    chunk = chunk.subarray(taken.byteLength);
    if (taken.byteLength > 0) body.push(taken);
    if (missingBytes > 0) return undefined;
    // Copied even from a single piece, and out of Node's buffer pool: a small frame must not keep a large block alive.
    const frame = new Uint8Array(body.reduce((sizeBytes, piece) => sizeBytes + piece.byteLength, 0));
    let offset = 0;
    for (const piece of body) {
      frame.set(piece, offset);
      offset += piece.byteLength;
    }
    body.length = 0;
    headerBytes = 0;
    return frame;
  };

  return {
    push: (read) => {
      chunk = chunk.byteLength === 0 ? read : Buffer.concat([chunk, read]);
    },
    next: () => {
      if (headerBytes < FRAME_HEADER_BYTES && !takeHeader()) return undefined;
      return takeBody();
    },
    get isMidFrame() {
      return headerBytes > 0 || chunk.byteLength > 0;
    },
  };
};
