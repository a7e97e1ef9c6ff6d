import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Logger, Random } from '@bowline/contracts';
import { isBackupName, putInPlace } from './backups.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { readDataKey } from './data-key.ts';
import { inspectDatabase } from './database.ts';
import { writeDurably } from './durable-file.ts';
import { BackupUnknownError } from './errors.ts';
import { usingFile } from './file-errors.ts';
import { type Keychain, systemKeychain } from './key/keychain.ts';
import { storeKeyKeeper } from './key/store-key.ts';
import { resolveStoreKeyOptions, type StoreKeyOptions } from './key/store-key-options.ts';
import { MIGRATIONS } from './migrations/migration-list.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { readContents, type StoreContents } from './store-contents.ts';
import { storeMarkFile } from './store-mark.ts';
import { type StorePaths, storePathsIn } from './store-paths.ts';
import { requireNotRetired } from './transfer/retired-mark.ts';

/** What a restored store holds. */
export type RestoredStore = Pick<StoreContents, 'endpointId' | 'deviceCount'>;

/** What it takes to work on a store that does not run. */
export interface StoredComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** What opens its key. @defaultValue nothing: it is in a file */
  readonly key?: Partial<StoreKeyOptions>;
  /** @defaultValue the operating system's */
  readonly keychain?: Keychain;
}

/**
 * Puts a backup in the place of the database. Nobody may own the data directory; the database that was there is kept
 * beside it as `store.db.replaced`, its log too. A restore that is cut short is finished at the next start.
 *
 * @throws {@link BackupUnknownError}, `STORE_LOCKED`, and what an unsound backup leads to; nothing is changed then.
 */
export const restoreBackup = async (
  dataDir: string,
  name: string,
  { clock, random, logger, key = {}, keychain: given }: StoredComponents,
): Promise<RestoredStore> => {
  const paths = storePathsIn(dataDir);
  const backup = join(paths.backups, name);
  if (!isBackupName(name) || statSync(backup, { throwIfNoEntry: false }) === undefined) {
    throw new BackupUnknownError(name, paths.backups);
  }
  prepareDataDirectory(dataDir, logger);
  const lock = acquireOwnerLock(paths);
  try {
    requireNotRetired(paths);
    const options = resolveStoreKeyOptions(key);
    const keychain = given ?? systemKeychain({ clock, bus: options.bus });
    const storeKey = await storeKeyKeeper(paths, { keychain, random, logger }).open(options);
    const contents = inspectDatabase(backup, MIGRATIONS.length, (database) => {
      readDataKey(database, { key: storeKey, keyFile: paths.key });
      return readContents(database);
    });
    keepReplaced(paths);
    writeDurably(paths.restore, `${name}\n`);
    finishRestore(paths, logger);
    return contents;
  } finally {
    lock.release();
  }
};

/** Finishes a restore that was begun, if one was; each step may be done twice. To be called by the owner. */
export const finishRestore = (paths: StorePaths, logger: Logger): void => {
  if (statSync(paths.restore, { throwIfNoEntry: false }) === undefined) return;
  const name = usingFile(paths.restore, () => readFileSync(paths.restore, 'utf8').trim());
  const backup = join(paths.backups, name);
  if (!isBackupName(name)) throw new BackupUnknownError(name, paths.backups);
  const contents = inspectDatabase(backup, MIGRATIONS.length, readContents);
  for (const file of [paths.log, `${paths.database}-shm`]) usingFile(file, () => rmSync(file, { force: true }));
  putInPlace(backup, paths.database);
  const markFile = storeMarkFile(paths.mark, logger);
  markFile.writeLasting(contents);
  markFile.close();
  usingFile(paths.restore, () => rmSync(paths.restore));
  logger.warn({ backup, deviceCount: contents.deviceCount }, 'store restored from a backup');
};

const keepReplaced = ({ database, log }: StorePaths): void => {
  for (const file of [database, log]) {
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) putInPlace(file, `${file}.replaced`);
  }
};
