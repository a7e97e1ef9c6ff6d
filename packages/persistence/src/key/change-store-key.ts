import { readDataKey } from '../data-key.ts';
import { inspectDatabase } from '../database.ts';
import { StoreKeyMissingError } from '../errors.ts';
import { finishInterrupted } from '../finish-interrupted.ts';
import { MIGRATIONS } from '../migrations/migration-list.ts';
import { acquireOwnerLock } from '../owner-lock.ts';
import type { StoredComponents } from '../restore-backup.ts';
import { storePathsIn } from '../store-paths.ts';
import { systemKeychain } from './keychain.ts';
import { type StoreKey, storeKeyKeeper } from './store-key.ts';
import { resolveStoreKeyOptions, type StoreKeyOptions } from './store-key-options.ts';

/** How a key was kept, and how and where it is kept now. */
export interface ChangedKey extends Pick<StoreKey, 'kind' | 'location'> {
  readonly previous: StoreKey['kind'];
}

/**
 * Keeps the key of a store in another way, while nobody owns it. The key itself stays, so that nothing that is sealed under
 * it, and no backup, has to be written anew: what changes is one small file, from one moment to the next. What the key was
 * kept by before is removed.
 *
 * @throws STORE_LOCKED, and the errors of a key that does not open or cannot be kept so; nothing is changed then
 */
export const changeStoreKey = async (
  dataDir: string,
  to: Partial<StoreKeyOptions>,
  { clock, random, logger, key = {}, keychain: given }: StoredComponents,
): Promise<ChangedKey> => {
  const paths = storePathsIn(dataDir);
  const options = resolveStoreKeyOptions(key);
  const wanted = resolveStoreKeyOptions(to);
  const lock = acquireOwnerLock(paths);
  try {
    finishInterrupted(paths, logger);
    const keychain = given ?? systemKeychain({ clock, bus: options.bus });
    const keeper = storeKeyKeeper(paths, { keychain, random, logger });
    const opened = await keeper.open(options);
    // A key that opens nothing is not worth keeping, and the database may be one that cannot be opened.
    inspectDatabase(paths.database, MIGRATIONS.length, (database) =>
      readDataKey(database, { key: opened, keyFile: paths.key }),
    );
    if (opened === undefined) throw new StoreKeyMissingError(paths.key, paths.database);
    const { kind, location } = await keeper.move(opened, wanted);
    return { previous: opened.kind, kind, location };
  } finally {
    lock.release();
  }
};
