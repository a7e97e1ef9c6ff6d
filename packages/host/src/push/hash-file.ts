import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 262_144;

/** Opens a file to read it: no link, and nothing that could make the reader wait. */
export const openToRead = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));

/** Hashes the first `sizeBytes` bytes; answers whether there were as many. */
export const hashBeginning = async (
  file: FileHandle,
  sizeBytes: number,
  hash: Hash,
  signal?: AbortSignal,
): Promise<boolean> => {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(1, sizeBytes)));
  for (let at = 0; at < sizeBytes; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.byteLength, sizeBytes - at), at);
    if (bytesRead === 0) return false;
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  return true;
};

/** Size and SHA-256 of a file as it is now; `null` when it changes meanwhile. Rejects where it is no file or cannot be read. */
export const hashFile = async (
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly sizeBytes: number; readonly hash: Buffer } | null> => {
  await using file = await openToRead(path);
  const found = await file.stat();
  if (!found.isFile()) throw new Error('it is no file any more');
  const hash = createHash('sha256');
  if (!(await hashBeginning(file, found.size, hash, signal))) return null;
  return { sizeBytes: found.size, hash: hash.digest() };
};
