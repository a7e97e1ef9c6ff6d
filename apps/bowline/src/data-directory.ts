import { accessSync, constants, lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from '@bowline/contracts';
import { DataDirUnusableError } from './errors.ts';
import { SYSTEM_REASONS } from './output/system-reasons.ts';
import { makeFolder } from './trust/make-folder.ts';
import { ownUserId } from './trust/untrusted-part.ts';

const ROOT_ID = 0;

/** What keeps a folder from being used, and what to do about it. Both are clauses. */
interface FolderProblem {
  readonly reason: string;
  readonly remedy: string;
}

const NOT_ALLOWED: FolderProblem = {
  reason: 'this user may not use it',
  remedy: 'Run the command as the user whose device it is, or let this user read and write there',
};

/** For a disk without room for one more name: whatever else is wrong there, this is to be mended first. */
const MAKE_ROOM = 'Make room on the disk that holds it';

/** What the system says, in words. */
const PROBLEMS: Readonly<Record<string, FolderProblem>> = {
  EACCES: NOT_ALLOWED,
  EPERM: {
    reason: 'the system lets nobody change it',
    remedy: 'Let it be changed (on Linux "lsattr -d" shows what forbids it, and "chattr -i" allows it)',
  },
  EROFS: {
    reason: SYSTEM_REASONS.EROFS,
    remedy: 'Mount that so that it can be written to (a disk with errors becomes so by itself)',
  },
  ENOENT: { reason: 'it is not there and cannot be made', remedy: 'Make it' },
  ELOOP: { reason: SYSTEM_REASONS.ELOOP, remedy: 'Remove the link' },
  ENAMETOOLONG: { reason: SYSTEM_REASONS.ENAMETOOLONG, remedy: 'Shorten it' },
  ENOSPC: { reason: SYSTEM_REASONS.ENOSPC, remedy: MAKE_ROOM },
  EDQUOT: { reason: SYSTEM_REASONS.EDQUOT, remedy: MAKE_ROOM },
  EIO: { reason: SYSTEM_REASONS.EIO, remedy: 'See what the log of the system says of that disk' },
  EMFILE: { reason: SYSTEM_REASONS.EMFILE, remedy: 'Raise the limit of open files ("ulimit -n 4096")' },
  ENFILE: { reason: SYSTEM_REASONS.ENFILE, remedy: 'End programs that hold many files open' },
};

/** Who asks, and the system's answer; a test gives its own. */
interface FolderComponents {
  readonly userId?: number | null;
  readonly access?: (path: string, mode: number) => void;
}

/**
 * Says in a sentence, and at once, whose folder must not be the data directory: its owner could exchange every file in
 * it. One that can be read alone is let through: a daemon that runs there is still to be asked.
 *
 * @throws DataDirUnusableError
 */
export const checkDataDirectoryOwner = (dataDir: string, userId = ownUserId()): void => {
  withReason(dataDir, () => {
    if (dataDir === '') throw unusable(dataDir, { reason: 'it has no name', remedy: 'Name it' });
    const found = statSync(dataDir, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isDirectory()) throw fileInTheWay(dataDir, dataDir);
    if (userId !== null && found.uid !== userId && found.uid !== ROOT_ID) {
      throw unusable(dataDir, {
        reason: `it belongs to user ${found.uid}, and this is user ${userId}`,
        remedy: 'Run the command as that user',
      });
    }
    accessSync(dataDir, constants.R_OK | constants.X_OK);
  });
};

/**
 * Says the same, and why a device could not be kept in a data directory: it must be of this user or root and writable;
 * where it is not there yet, it must be possible to make it.
 *
 * @throws DataDirUnusableError
 */
export const checkDataDirectory = (
  dataDir: string,
  { userId = ownUserId(), access = accessSync }: FolderComponents = {},
): void => {
  checkDataDirectoryOwner(dataDir, userId);
  withReason(dataDir, () => {
    const there = existingPart(dataDir);
    if (!statSync(there).isDirectory()) throw fileInTheWay(dataDir, there);
    access(there, constants.R_OK | constants.W_OK | constants.X_OK);
  });
};

/** Makes the data directory where it is missing, for a device that is to live there. @throws DataDirUnusableError */
export const makeDataDirectory = (dataDir: string): void => {
  checkDataDirectory(dataDir);
  withReason(dataDir, () => makeFolder(dataDir));
};

/** The folder itself, or what is there of its path. @throws DataDirUnusableError for a link that leads to nothing */
const existingPart = (dataDir: string): string => {
  for (let path = resolve(dataDir); ; path = dirname(path)) {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return path;
    if (!isLink(path)) continue;
    throw unusable(dataDir, {
      reason: `${path} is a link to ${readlinkSync(path)}, which is not there`,
      remedy: 'Make what it leads to, or remove the link',
    });
  }
};

const isLink = (path: string): boolean => {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // It is not there, and what stands above it says why.
    return false;
  }
};

const fileInTheWay = (dataDir: string, path: string): DataDirUnusableError =>
  unusable(dataDir, {
    reason: `${path === dataDir ? 'it' : path} is a file, not a folder`,
    remedy: 'Move that file away',
  });

const unusable = (dataDir: string, { reason, remedy }: FolderProblem, cause?: unknown): DataDirUnusableError =>
  new DataDirUnusableError(dataDir, reason, `${remedy}, or give another --data-dir.`, cause);

const withReason = (dataDir: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (error instanceof DataDirUnusableError) throw error;
    const code = errorCode(error) ?? '';
    const unknown = { reason: `the system says ${code || String(error)}`, remedy: 'Set that right' };
    throw unusable(dataDir, PROBLEMS[code] ?? unknown, error);
  }
};
