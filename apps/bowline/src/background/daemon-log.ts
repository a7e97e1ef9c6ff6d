import { closeSync, constants, copyFileSync, fchmodSync, fstatSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cancel, Clock } from '@bowline/contracts';
import { LogUnusableError } from '../errors.ts';
import { ownUserId } from '../trust/untrusted-part.ts';

/** A log of this size is put aside; what was put aside before goes. */
export const MAX_LOG_BYTES = 1_048_576;

const LOOK_INTERVAL_MS = 60_000;

/** What a daemon in the background writes. */
export const daemonLogFile = (dataDir: string): string => join(dataDir, 'daemon.log');

/** What it wrote before. */
export const earlierLogFile = (dataDir: string): string => join(dataDir, 'daemon.log.1');

/**
 * Opens the log to append to it, for its owner alone; neither a link nor another user's file is taken.
 *
 * @returns the descriptor @throws LogUnusableError
 */
export const openDaemonLog = (dataDir: string, userId = ownUserId()): number => {
  const file = daemonLogFile(dataDir);
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    throw new LogUnusableError(file, error);
  }
  const found = fstatSync(descriptor);
  if (!found.isFile() || (userId !== null && found.uid !== userId)) {
    closeSync(descriptor);
    throw new LogUnusableError(file, new Error('it is not this user’s file'));
  }
  if (userId !== null) fchmodSync(descriptor, 0o600);
  return descriptor;
};

/**
 * Keeps the log within its bound for as long as the daemon runs. It is emptied and not exchanged: the daemon and its
 * workers write to it through descriptors they have open.
 */
export const boundDaemonLog = (dataDir: string, clock: Clock): Cancel => {
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    putAside(dataDir);
    cancel = clock.setTimer(LOOK_INTERVAL_MS, look, { unref: true });
  };
  look();
  return () => cancel();
};

const putAside = (dataDir: string): void => {
  let descriptor: number;
  try {
    descriptor = openSync(daemonLogFile(dataDir), constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  } catch {
    // Somebody took it away: there is nothing to bound.
    return;
  }
  try {
    if (fstatSync(descriptor).size <= MAX_LOG_BYTES) return;
    const earlier = earlierLogFile(dataDir);
    rmSync(earlier, { force: true });
    copyFileSync(daemonLogFile(dataDir), earlier, constants.COPYFILE_EXCL);
    ftruncateSync(descriptor, 0);
  } catch {
    // A full disk, as a rule. It is tried again.
  } finally {
    closeSync(descriptor);
  }
};
