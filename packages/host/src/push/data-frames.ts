import type { FileHandle } from 'node:fs/promises';
import { MAX_PUSH_DATA_BYTES, PUSH_HEADER_BYTES, writeDataHeader } from '@bowline/push-protocol';

/** Frames of one read: half a mebibyte, so that the trips to the disk are few. */
const FRAMES_AT_ONCE = 8;

const FRAME_BYTES = PUSH_HEADER_BYTES + MAX_PUSH_DATA_BYTES;

/** Frames that follow each other in a push, and how much of the file is in them; 0 where the file ends too early. */
interface DataFrames {
  readonly frames: Uint8Array;
  readonly fileBytes: number;
}

/**
 * A part of a file as frames of a push. The next frames are read while those before are on their way; so they must not be
 * used any more when the next are asked for.
 *
 * @param from the first byte of the part. @param to the one after its last
 */
export async function* dataFrames(file: FileHandle, from: number, to: number): AsyncGenerator<DataFrames> {
  const blocks: [Buffer, Buffer] = [blockFor(to - from), Buffer.alloc(0)];
  let ahead: Promise<DataFrames> | null = null;
  try {
    for (let at = from, turn = 0; at < to; turn += 1) {
      const read: DataFrames = await (ahead ?? readInto(blocks[0], file, at, to));
      ahead = null;
      at += read.fileBytes;
      if (read.fileBytes > 0 && at < to) {
        const next = (turn + 1) % 2 === 0 ? 0 : 1;
        if (blocks[next].byteLength === 0) blocks[next] = blockFor(to - at);
        ahead = readInto(blocks[next], file, at, to);
        // Whoever waits for it hears that it failed.
        ahead.catch(() => undefined);
      }
      yield read;
      if (read.fileBytes === 0) return;
    }
  } finally {
    // The file may be closed and the blocks thrown away only then.
    await ahead?.catch(() => undefined);
  }
}

const blockFor = (sizeBytes: number): Buffer =>
  Buffer.allocUnsafe(FRAME_BYTES * Math.min(FRAMES_AT_ONCE, Math.ceil(sizeBytes / MAX_PUSH_DATA_BYTES)));

const readInto = async (block: Buffer, file: FileHandle, at: number, to: number): Promise<DataFrames> => {
  const wanted = Math.min(to - at, (block.byteLength / FRAME_BYTES) * MAX_PUSH_DATA_BYTES);
  const views: Buffer[] = [];
  for (let offset = 0; offset < wanted; offset += MAX_PUSH_DATA_BYTES) {
    const start = views.length * FRAME_BYTES + PUSH_HEADER_BYTES;
    views.push(block.subarray(start, start + Math.min(MAX_PUSH_DATA_BYTES, wanted - offset)));
  }
  const { bytesRead: fileBytes } = await file.readv(views, at);
  const frameCount = Math.ceil(fileBytes / MAX_PUSH_DATA_BYTES);
  for (let index = 0; index < frameCount; index += 1) {
    const sizeBytes = Math.min(MAX_PUSH_DATA_BYTES, fileBytes - index * MAX_PUSH_DATA_BYTES);
    writeDataHeader(block.subarray(index * FRAME_BYTES), sizeBytes);
  }
  return { frames: block.subarray(0, fileBytes + frameCount * PUSH_HEADER_BYTES), fileBytes };
};
