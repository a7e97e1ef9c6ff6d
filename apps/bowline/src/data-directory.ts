import { accessSync, constants, statSync } from 'node:fs';
import { errorCode } from '@bowline/contracts';
import { DataDirUnusableError } from './errors.ts';
import { makeFolder } from './trust/make-folder.ts';
import { ownUserId } from './trust/untrusted-part.ts';

const ROOT_ID = 0;

/** What the system says, in words. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use it',
  EPERM: 'this user may not use it',
  EROFS: 'it is on a file system that can only be read',
  ENOENT: 'it is not there and cannot be made',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a part of its path is a file',
  ELOOP: 'its links lead in a ring',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
};

/**
 * Says in a sentence, and at once, why a data directory cannot be used; one that is not there yet can. A folder of
 * another user but root is refused: its owner could exchange every file in it.
 *
 * @throws DataDirUnusableError
 */
export const checkDataDirectory = (dataDir: string, userId = ownUserId()): void => {
  withReason(dataDir, () => {
    const found = statSync(dataDir, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isDirectory()) throw new DataDirUnusableError(dataDir, 'it is a file, not a folder');
    if (userId !== null && found.uid !== userId && found.uid !== ROOT_ID) {
      throw new DataDirUnusableError(dataDir, `it belongs to user ${found.uid}, and this is user ${userId}`);
    }
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  });
};

/** Makes the data directory where it is missing, for a device that is to live there. @throws DataDirUnusableError */
export const makeDataDirectory = (dataDir: string): void => {
  checkDataDirectory(dataDir);
  withReason(dataDir, () => makeFolder(dataDir));
};

const withReason = (dataDir: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (error instanceof DataDirUnusableError) throw error;
    const code = errorCode(error) ?? '';
    throw new DataDirUnusableError(dataDir, REASONS[code] ?? `the system says ${code || String(error)}`, error);
  }
};
