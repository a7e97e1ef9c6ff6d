import { open } from 'node:fs/promises';
import { errorCode, errorMessage } from '@bowline/contracts';
import { WrongUseError } from '../errors.ts';

/** Longest file read, bytes: certificates, keys and lists of tokens are far below it. */
const MAX_FILE_BYTES = 1_048_576;

/**
 * Reads a text file of a person's making.
 * @param what names the flag or field that names the file, for the error
 * @throws WrongUseError when it cannot be read or is longer than 1 MiB
 */
export const readSmallFile = async (what: string, path: string): Promise<string> => {
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_FILE_BYTES + 1), 0, MAX_FILE_BYTES + 1, 0);
    if (bytesRead > MAX_FILE_BYTES)
      throw new WrongUseError(`${what}: ${path} is longer than 1 MiB; is it the right file?`);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof WrongUseError) throw error;
    throw new WrongUseError(`${what}: ${path} ${whyUnreadable(error)}.`);
  }
};

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a folder, not a file',
};

const whyUnreadable = (error: unknown): string =>
  WHY[errorCode(error) ?? ''] ?? `cannot be read: ${errorMessage(error)}`;
