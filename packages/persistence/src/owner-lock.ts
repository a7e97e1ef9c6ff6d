import { closeSync, openSync, readSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createPrivateFile } from './data-directory.ts';
import { isBusy } from './database-errors.ts';
import { StoreLockedError } from './errors.ts';
import { usingFile } from './file-errors.ts';
import type { StorePaths } from './store-paths.ts';

/** How long a predecessor that is just ending is waited for, milliseconds; the thread sleeps meanwhile. */
const PREDECESSOR_WAIT_MS = 500;

/** Longest process id file believed, bytes: 2^63 has 19 digits. */
const MAX_PID_BYTES = 20;

/** Proof of being the only owner of a data directory. */
export interface OwnerLock {
  release(): void;
}

/**
 * Takes the data directory for this owner, until `release` or the death of the process or thread: the lock is the
 * operating system's, on an empty SQLite file, so a killed owner leaves nothing to clean up.
 *
 * @throws {@link StoreLockedError} while another owner lives, in this process or another one.
 */
export const acquireOwnerLock = (paths: StorePaths): OwnerLock => {
  createPrivateFile(paths.lock);
  emptyLock(paths.lock);
  const lock = usingFile(paths.lock, () => new DatabaseSync(paths.lock, { timeout: PREDECESSOR_WAIT_MS }));
  try {
    usingFile(paths.lock, () => {
      // No journal beside a file that is never written.
      lock.exec('PRAGMA journal_mode = MEMORY');
      lock.exec('BEGIN EXCLUSIVE');
    });
    usingFile(paths.pid, () => writeFileSync(paths.pid, `${process.pid}\n`, { mode: 0o600 }));
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new StoreLockedError(paths.dataDir, readOwnerPid(paths.pid), error);
    throw error;
  }
  return {
    release: () => {
      if (!lock.isOpen) return;
      rmSync(paths.pid, { force: true });
      lock.close();
    },
  };
};

/**
 * The lock is an empty file. SQLite would take anything else in it for a database and refuse it; whoever owns the
 * directory holds the file locked whatever is in it, so that nothing is lost with its content.
 */
const emptyLock = (file: string): void =>
  usingFile(file, () => {
    if (statSync(file).size > 0) truncateSync(file);
  });

/** The process id the owner wrote down; `null` when there is none to be read. */
const readOwnerPid = (pidFile: string): number | null => {
  const bytes = Buffer.alloc(MAX_PID_BYTES);
  try {
    const descriptor = openSync(pidFile, 'r');
    try {
      const sizeBytes = readSync(descriptor, bytes);
      const pid = Number(bytes.toString('latin1', 0, sizeBytes).trim());
      return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Only the wording of the refusal depends on it.
    return null;
  }
};
