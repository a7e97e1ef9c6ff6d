import { createHash } from 'node:crypto';
import { MAX_SMALL_FILE_BYTES } from '@bowline/push-protocol';
import { openToRead } from './hash-file.ts';

/** A small file as it is now: all of it, and its hash. `null` when it is not small any more, or changes meanwhile. */
export const readSmallFile = async (
  path: string,
): Promise<{ readonly content: Buffer; readonly hash: Buffer } | null> => {
  await using file = await openToRead(path);
  const found = await file.stat();
  if (!found.isFile()) throw new Error('it is no file any more');
  const { size } = found;
  if (size > MAX_SMALL_FILE_BYTES) return null;
  // One byte more, to see that it is the end.
  const content = Buffer.allocUnsafe(size + 1);
  const { bytesRead } = await file.read(content, 0, size + 1, 0);
  if (bytesRead !== size) return null;
  const whole = content.subarray(0, size);
  return { content: whole, hash: createHash('sha256').update(whole).digest() };
};
