import { join, resolve } from 'node:path';
import { type Backup, listBackups, type RestoredStore, restoreBackup } from '@bowline/persistence';
import { storeKeyOptions } from './key-options.ts';
import { type HostOptions, resolveHostOptions } from './options.ts';
import type { HostComponents } from './system.ts';

/** The backups of a device, newest first: one of each of the last days it ran, and one before each update of its store. */
export const backupsOf = (dataDir: string): readonly Backup[] => listBackups(join(resolve(dataDir), 'backups'));

/**
 * Puts a backup in the place of a device's store, while no host runs on it. What happened since is gone: devices paired
 * since then are unknown, and those unpaired since then are paired again. Rejects with `STORE_LOCKED`, `BACKUP_UNKNOWN`.
 */
export const restoreDevice = async (
  options: HostOptions,
  name: string,
  { clock, random, logger }: Pick<HostComponents, 'clock' | 'random' | 'logger'>,
): Promise<RestoredStore> => {
  const { dataDir, key } = resolveHostOptions(options);
  return restoreBackup(dataDir, name, { clock, random, logger, key: await storeKeyOptions({ dataDir, key }, logger) });
};
