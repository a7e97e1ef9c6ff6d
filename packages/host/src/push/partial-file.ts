import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { errorCode } from '@bowline/contracts';
import { hashBeginning } from './hash-file.ts';

/** A file that is being received. It is open only while it is written. */
export interface PartialFile {
  readonly path: string;
  /** Bytes that were here when it was offered. */
  readonly offset: number;
  readonly missingBytes: number;
  /** @throws RangeError for more than is missing */
  write(bytes: Uint8Array): Promise<void>;
  /** Puts a whole file on the disk; answers whether it fits its hash. One that does not is removed. */
  finish(): Promise<boolean>;
  /** Closes it; what is there stays for the next time. */
  close(): Promise<void>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

/** Looks at what is there of a file of an earlier push. */
export const partialFile = async (path: string, sizeBytes: number, expected: Uint8Array): Promise<PartialFile> => {
  const offset = await keptBytes(path, sizeBytes);
  let missingBytes = sizeBytes - offset;
  let opened: { readonly file: FileHandle; readonly hash: Hash } | null = null;

  const begin = async (): Promise<{ readonly file: FileHandle; readonly hash: Hash }> => {
    if (opened !== null) return opened;
    const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const file = await open(path, flags, 0o666);
    opened = { file, hash: createHash('sha256') };
    await file.truncate(offset);
    await hashBeginning(file, offset, opened.hash);
    return opened;
  };
  const close = async (): Promise<void> => {
    const closing = opened;
    opened = null;
    await closing?.file.close();
  };
  const discard = async (): Promise<void> => {
    await close();
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
      const { file, hash } = await begin();
      let at = sizeBytes - missingBytes;
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
      hash.update(bytes);
      missingBytes -= bytes.byteLength;
    },
    finish: async () => {
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
