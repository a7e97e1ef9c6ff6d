import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { errorCode } from '@bowline/contracts';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Puts a file on the disk, whatever has its path. */
export const writeSmallFile = async (path: string, content: Uint8Array): Promise<void> => {
  await using file = await openNew(path);
  for (let at = 0; at < content.byteLength; ) {
    const { bytesWritten } = await file.write(content, at, content.byteLength - at, at);
    at += bytesWritten;
  }
  await file.sync();
};

/** Never what is there: it may be a link, or share its bytes with a file of the person. */
const openNew = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, FLAGS, 0o666);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  await rm(path, { force: true });
  return open(path, FLAGS, 0o666);
};
