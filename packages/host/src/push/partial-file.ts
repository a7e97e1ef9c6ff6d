import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { errorCode } from '@bowline/contracts';
import { hashBeginning } from './hash-file.ts';

/** So many bytes are written at once: few trips to the disk, and little that a crash may take. */
const BLOCK_BYTES = 524_288;

/** A file that is being received. It is open only while it is written. */
export interface PartialFile {
  readonly path: string;
  /** Bytes that were here when it was offered. */
  readonly offset: number;
  readonly missingBytes: number;
  /**
   * Takes a copy of bytes, and resolves when there is room for more; they may be written later, with what follows.
   * @throws RangeError for more than is missing, and what an earlier write failed with
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Everything that was taken is written. @throws what a write failed with */
  flush(): Promise<void>;
  /** Puts a whole file on the disk; answers whether it fits its SHA-256. One that does not is removed. */
  finish(expected: Uint8Array): Promise<boolean>;
  /** Closes it; what is there stays for the next time. */
  close(): Promise<void>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

/** Looks at what is there of a file of an earlier push. */
export const partialFile = async (path: string, sizeBytes: number): Promise<PartialFile> => {
  const offset = await keptBytes(path, sizeBytes);
  let missingBytes = sizeBytes - offset;
  let opened: { readonly file: FileHandle; readonly hash: Hash } | null = null;
  /** One block is filled while the other one is written. */
  let blocks: readonly [filled: Buffer, written: Buffer] | null = null;
  let takenBytes = 0;
  let writing: Promise<void> = Promise.resolve();

  const begin = async (): Promise<{ readonly file: FileHandle; readonly hash: Hash }> => {
    if (opened !== null) return opened;
    const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const file = await open(path, flags, 0o666);
    opened = { file, hash: createHash('sha256') };
    await file.truncate(offset);
    await hashBeginning(file, offset, opened.hash);
    return opened;
  };

  /** Of what is missing there may be less than a block. */
  const newBlock = (): Buffer => Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, missingBytes));

  /** Writes what was taken after what is written now, and hashes it meanwhile. */
  const writeTaken = async (): Promise<void> => {
    await writing;
    if (takenBytes === 0 || blocks === null) return;
    const { file, hash } = await begin();
    const [filled, other] = blocks;
    const [bytes, at] = [filled.subarray(0, takenBytes), sizeBytes - missingBytes - takenBytes];
    blocks = [other, filled];
    takenBytes = 0;
    writing = writeAll(file, bytes, at);
    // Whoever comes next hears that it failed.
    writing.catch(() => undefined);
    hash.update(bytes);
  };
  const flush = async (): Promise<void> => {
    await writeTaken();
    await writing;
  };
  const closeFile = async (): Promise<void> => {
    const closing = opened;
    opened = null;
    blocks = null;
    await closing?.file.close();
  };
  const close = async (): Promise<void> => {
    try {
      await flush();
    } finally {
      await closeFile();
    }
  };
  const discard = async (): Promise<void> => {
    takenBytes = 0;
    await writing.catch(() => undefined);
    await closeFile();
    await rm(path, { force: true });
  };

  return {
    path,
    offset,
    get missingBytes() {
      return missingBytes;
    },
    write: async (bytes) => {
      if (bytes.byteLength > missingBytes) throw new RangeError('more bytes than are missing');
      for (let from = 0; from < bytes.byteLength; ) {
        blocks ??= [newBlock(), newBlock()];
        const [block] = blocks;
        const part = bytes.subarray(from, from + block.byteLength - takenBytes);
        block.set(part, takenBytes);
        from += part.byteLength;
        takenBytes += part.byteLength;
        missingBytes -= part.byteLength;
        if (takenBytes === block.byteLength) await writeTaken();
      }
    },
    flush,
    finish: async (expected) => {
      await flush();
      const { file, hash } = await begin();
      const isWhole = missingBytes === 0 && hash.digest().equals(expected);
      if (!isWhole) {
        await discard();
        return false;
      }
      await file.sync();
      await close();
      return true;
    },
    close,
    discard,
  };
};

/** A disk that takes a part of it says with the rest what it has against it. */
const writeAll = async (file: FileHandle, bytes: Uint8Array, from: number): Promise<void> => {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, from + done);
    done += bytesWritten;
  }
};

/** Whatever is no file of ours, or too long for this one, is removed. */
const keptBytes = async (path: string, sizeBytes: number): Promise<number> => {
  try {
    const found = await lstat(path);
    // One with a second name is a saved file of the person's, left behind between its naming and the removal of this one.
    if (found.isFile() && found.nlink === 1 && found.size <= sizeBytes) return found.size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
  await rm(path, { force: true });
  return 0;
};
