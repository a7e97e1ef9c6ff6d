import { join, resolve } from 'node:path';
import type { Logger } from '@bowline/contracts';
import { type Backup, listBackups, type RestoredStore, restoreBackup } from '@bowline/persistence';

/** The backups of a device, newest first: one of each of the last days it ran, and one before each update of its store. */
export const backupsOf = (dataDir: string): readonly Backup[] => listBackups(join(resolve(dataDir), 'backups'));

/**
 * Puts a backup in the place of a device's store, while no host runs on it. What happened since is gone: devices paired
 * since then are unknown, and those unpaired since then are paired again. Rejects with `STORE_LOCKED`, `BACKUP_UNKNOWN`.
 */
export const restoreDevice = (dataDir: string, name: string, logger: Logger): RestoredStore =>
  restoreBackup(resolve(dataDir), name, logger);
