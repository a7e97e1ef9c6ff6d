import { MAX_STREAM_CHUNK_BYTES, STREAM_LEFT_CODE } from '@bowline/contracts';
import { TcpProtocolError } from './errors.ts';

/** What stands before the bytes of a frame: its type (8 bits), the stream (32), how many bytes follow (24). */
export const FRAME_HEAD_BYTES = 8;

/** First byte of every frame. */
export const FRAME_TYPES = Object.freeze({ open: 1, data: 2, last: 3, leave: 4, alive: 5, ask: 6 });

const TYPE_NAMES: ReadonlyMap<number, FrameName> = new Map(
  Object.entries(FRAME_TYPES).map(([name, type]) => [type, name as FrameName]),
);

export type FrameName = keyof typeof FRAME_TYPES;

/** One frame. Those of the connection itself, `alive` and `ask`, are of stream 0. */
export interface TcpFrame {
  readonly name: FrameName;
  readonly stream: number;
  readonly bytes: Uint8Array;
}

export const frameHead = (name: FrameName, stream: number, sizeBytes: number): Buffer => {
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES);
  head.writeUInt8(FRAME_TYPES[name], 0);
  head.writeUInt32BE(stream, 1);
  head.writeUIntBE(sizeBytes, 5, 3);
  return head;
};

/** A code from 0 to 2^32 as the 5 bytes of a `leave`. */
export const leaveBytes = (code: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.writeUIntBE(code, 0, 5);
  return bytes;
};

/** @throws {@link TcpProtocolError} */
export const leaveCodeOf = (bytes: Uint8Array): number => {
  const code = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUIntBE(0, 5);
  if (code > STREAM_LEFT_CODE) throw new TcpProtocolError('a stream is left with a code out of range');
  return code;
};

/** How many bytes a frame of a kind may have. */
const SIZES: Readonly<Record<FrameName, readonly [least: number, most: number]>> = {
  open: [1, MAX_STREAM_CHUNK_BYTES],
  data: [1, MAX_STREAM_CHUNK_BYTES],
  last: [0, MAX_STREAM_CHUNK_BYTES],
  leave: [5, 5],
  alive: [0, 0],
  ask: [0, 0],
};

/** From so many bytes on a part of a frame is told as it came; less would cost more than to copy it. */
const WORTH_TELLING_BYTES = 4_096;

/** Cuts what arrives into frames. It keeps one frame at most, in memory that is its own. */
export interface FrameReader {
  /**
   * Tells every frame, in order; what is sent as one `data` or `last` may be told as several, of which only the last one is a
   * `last`. @throws {@link TcpProtocolError} and is of no further use then
   */
  push(chunk: Uint8Array, tell: (frame: TcpFrame) => void): void;
}

export const frameReader = (): FrameReader => {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  let headBytes = 0;
  /** The rest of a frame, or all of it, while it is put together. */
  let bytes: Buffer | null = null;
  let filledBytes = 0;
  /** Of the frame, told already. */
  let toldBytes = 0;

  /** @throws {@link TcpProtocolError} */
  const readHead = (): { readonly name: FrameName; readonly stream: number; readonly sizeBytes: number } => {
    const name = TYPE_NAMES.get(head.readUInt8(0));
    if (name === undefined) throw new TcpProtocolError('a frame has an unknown type');
    const stream = head.readUInt32BE(1);
    const sizeBytes = head.readUIntBE(5, 3);
    const [least, most] = SIZES[name];
    if (sizeBytes < least || sizeBytes > most) throw new TcpProtocolError('a frame has a wrong size');
    if ((name === 'alive' || name === 'ask') !== (stream === 0)) {
      throw new TcpProtocolError('a frame is of a wrong stream');
    }
    return { name, stream, sizeBytes };
  };

  return {
    push: (chunk, tell) => {
      for (let at = 0; at < chunk.byteLength; ) {
        if (headBytes < FRAME_HEAD_BYTES) {
          const part = chunk.subarray(at, at + FRAME_HEAD_BYTES - headBytes);
          head.set(part, headBytes);
          headBytes += part.byteLength;
          at += part.byteLength;
          if (headBytes < FRAME_HEAD_BYTES) return;
        }
        const { name, stream, sizeBytes } = readHead();
        const missingBytes = sizeBytes - toldBytes - filledBytes;
        const part = chunk.subarray(at, at + missingBytes);
        at += part.byteLength;
        const isWhole = part.byteLength === missingBytes;
        if (bytes === null && isInParts(name) && (isWhole || part.byteLength >= WORTH_TELLING_BYTES)) {
          toldBytes += part.byteLength;
          if (isWhole) [headBytes, toldBytes] = [0, 0];
          tell({ name: isWhole ? name : 'data', stream, bytes: part });
          continue;
        }
        // Not of the pool, whose blocks would be kept alive by it and cannot change threads.
        bytes ??= Buffer.allocUnsafeSlow(sizeBytes - toldBytes);
        bytes.set(part, filledBytes);
        filledBytes += part.byteLength;
        if (!isWhole) return;
        const rest = bytes;
        bytes = null;
        [headBytes, filledBytes, toldBytes] = [0, 0, 0];
        tell({ name, stream, bytes: rest });
      }
    },
  };
};

/** Whether half of such a frame means something. */
const isInParts = (name: FrameName): boolean => name === 'data' || name === 'last';
