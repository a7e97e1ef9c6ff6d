import type { FileHandle } from 'node:fs/promises';
import { MAX_PUSH_DATA_BYTES, PUSH_HEADER_BYTES, writeDataHeader } from '@bowline/push-protocol';

/** Frames of one read: half a mebibyte, so that the trips to the disk are few. */
const FRAMES_AT_ONCE = 8;

const FRAME_BYTES = PUSH_HEADER_BYTES + MAX_PUSH_DATA_BYTES;

/** What one read needs, bytes. */
export const BLOCK_BYTES = FRAME_BYTES * FRAMES_AT_ONCE;

/** Frames that follow each other in a push, and what of the file is in them; nothing where the file ends too early. */
export interface DataFrames {
  /** The block they stand at the beginning of. */
  readonly block: Buffer;
  readonly frames: Uint8Array;
  readonly fileBytes: number;
  /** The bytes of the file, without the heads. */
  readonly pieces: readonly Uint8Array[];
}

/**
 * A part of a file as frames of a push. The next frames are read while those before are on their way.
 *
 * @param from the first byte of the part. @param to the one after its last
 * @param block gives memory of {@link BLOCK_BYTES} for one read
 */
export async function* dataFrames(
  file: FileHandle,
  from: number,
  to: number,
  block: () => Buffer,
): AsyncGenerator<DataFrames> {
  let ahead: Promise<DataFrames> | null = null;
  try {
    for (let at = from; at < to; ) {
      const read: DataFrames = await (ahead ?? readInto(block(), file, at, to));
      ahead = null;
      at += read.fileBytes;
      if (read.fileBytes > 0 && at < to) {
        ahead = readInto(block(), file, at, to);
        // Whoever waits for it hears that it failed.
        ahead.catch(() => undefined);
      }
      yield read;
      if (read.fileBytes === 0) return;
    }
  } finally {
    // The file may be closed only then.
    await ahead?.catch(() => undefined);
  }
}

const readInto = async (block: Buffer, file: FileHandle, at: number, to: number): Promise<DataFrames> => {
  const wanted = Math.min(to - at, FRAMES_AT_ONCE * MAX_PUSH_DATA_BYTES);
  const views: Buffer[] = [];
  for (let offset = 0; offset < wanted; offset += MAX_PUSH_DATA_BYTES) {
    const start = views.length * FRAME_BYTES + PUSH_HEADER_BYTES;
    views.push(block.subarray(start, start + Math.min(MAX_PUSH_DATA_BYTES, wanted - offset)));
  }
  const { bytesRead: fileBytes } = await file.readv(views, at);
  const frameCount = Math.ceil(fileBytes / MAX_PUSH_DATA_BYTES);
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < frameCount; index += 1) {
    const sizeBytes = Math.min(MAX_PUSH_DATA_BYTES, fileBytes - index * MAX_PUSH_DATA_BYTES);
    const start = index * FRAME_BYTES;
    writeDataHeader(block.subarray(start), sizeBytes);
    pieces.push(block.subarray(start + PUSH_HEADER_BYTES, start + PUSH_HEADER_BYTES + sizeBytes));
  }
  const frames = block.subarray(0, fileBytes + frameCount * PUSH_HEADER_BYTES);
  return { block, frames, fileBytes, pieces };
};
