import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, type Logger } from '@bowline/contracts';
import { usingFile } from './file-errors.ts';

/** Permission bits of everyone but the owner. */
const OTHERS = 0o077;

/** The administrator can do everything anyway. */
const ROOT_ID = 0;

/** Windows has no such bits and refuses to open directories; access there follows the person's profile. */
const hasUnixPermissions = process.platform !== 'win32';

/**
 * Makes the data directory with mode 0700 when it is missing. One that exists keeps its mode, because it may be shared
 * on purpose; every file of ours inside is closed to others by itself.
 */
export const prepareDataDirectory = (dataDir: string, logger: Logger): void =>
  usingFile(dataDir, () => {
    makeDirectory(dataDir);
    if (!hasUnixPermissions) return;
    const { mode, uid } = statSync(dataDir);
    if ((mode & 0o022) !== 0) {
      logger.warn({ dataDir }, 'data directory is writable by others, who could delete or replace its files');
    }
    if (uid !== process.geteuid?.() && uid !== ROOT_ID) {
      logger.warn(
        { dataDir, ownerId: uid },
        'data directory belongs to another user, who could delete or replace its files',
      );
    }
  });

/** Not Node's recursive way: that never returns in a file system that makes no directories, such as `/proc`. */
const makeDirectory = (path: string): void => {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody was quicker.
    if (!isDirectory(path)) throw error;
  }
};

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Takes a file away from everyone but its owner, and says so: whoever could read it may have. Refusing to start would
 * protect nothing more, and would lock out whoever restores a backup from a disk without permissions.
 */
export const tightenFile = (file: string, logger: Logger): void =>
  usingFile(file, () => {
    if (!hasUnixPermissions || (statSync(file).mode & OTHERS) === 0) return;
    chmodSync(file, 0o600);
    const isTight = (statSync(file).mode & OTHERS) === 0;
    logger.warn({ file, isTight }, 'file was open to others; its permissions were tightened to 0600');
  });

/** Makes an empty file that is closed to others, unless there is one already. */
export const createPrivateFile = (file: string): void =>
  usingFile(file, () => {
    try {
      closeSync(openSync(file, 'wx', 0o600));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  });

/** Makes new names in a directory survive a power failure. */
export const syncDirectory = (dataDir: string): void => {
  if (!hasUnixPermissions) return;
  usingFile(dataDir, () => {
    const descriptor = openSync(dataDir, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
};
