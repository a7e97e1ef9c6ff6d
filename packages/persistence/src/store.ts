import { statSync } from 'node:fs';
import type { Clock, Logger, Random } from '@bowline/contracts';
import { prepareDataDirectory, syncDirectory, tightenFile } from './data-directory.ts';
import { openDataKey } from './data-key.ts';
import { openDatabase, type StoreDatabase } from './database.ts';
import { type DeviceTable, deviceTable } from './device-table.ts';
import { StoreDamagedError } from './errors.ts';
import { type IdentityTable, identityTable } from './identity-table.ts';
import { type JournalTable, journalTable } from './journal-table.ts';
import { keyFileSource } from './key-file.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';
import { MIGRATIONS } from './migrations/migration-list.ts';
import type { PersistenceOptions } from './options.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { type RelayTokenTable, relayTokenTable } from './relay-token-table.ts';
import { type SettingTable, settingTable } from './setting-table.ts';
import { type StorePaths, storePathsIn } from './store-paths.ts';

/** The open store: one object for each table, each call durable when it returns. */
export interface Store {
  readonly database: StoreDatabase;
  readonly identity: IdentityTable;
  readonly devices: DeviceTable;
  readonly relayTokens: RelayTokenTable;
  readonly settings: SettingTable;
  readonly journal: JournalTable;
  /** Gives the data directory free. */
  close(): void;
}

export interface StoreComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Steps of the schema. @defaultValue {@link MIGRATIONS} */
  readonly migrations?: readonly Migration[];
}

/**
 * Takes the data directory and opens what is in it, or makes a new store when there is nothing. On any error everything
 * is let go again, and the files are as they were.
 */
export const openStore = (options: PersistenceOptions, components: StoreComponents): Store => {
  const paths = storePathsIn(options.dataDir);
  prepareDataDirectory(paths.dataDir, components.logger);
  const lock = acquireOwnerLock(paths);
  try {
    return openOwned(options, components, paths, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
};

const openOwned = (
  options: PersistenceOptions,
  { clock, random, logger, migrations = MIGRATIONS }: StoreComponents,
  paths: StorePaths,
  release: () => void,
): Store => {
  const keySource = keyFileSource(paths.key, paths.database, logger);
  const hadKey = keySource.load() !== undefined;
  if (hadKey && !hasContent(paths.database)) throw lostDatabase(paths);
  const database = openDatabase(paths.database, migrations.at(-1)?.version ?? 0);
  try {
    tightenFile(paths.database, logger);
    if (hadKey && database.schemaVersion === 0) throw lostDatabase(paths);
    migrate(database, migrations, logger);
    // The database's name is on disk before the key's: a key without a database is the mark of a lost database.
    syncDirectory(paths.dataDir);
    const dataKey = openDataKey(database, keySource, random);
    const relayTokens = relayTokenTable(database, dataKey, random);
    const devices = deviceTable(database, clock, relayTokens);
    logger.info({ file: paths.database, keySource: keySource.kind, keyLocation: keySource.location }, 'store opened');
    return {
      database,
      identity: identityTable({ database, dataKey, clock, random }),
      devices,
      relayTokens,
      settings: settingTable(database, dataKey, random),
      journal: journalTable({ database, devices, options }),
      close: () => {
        try {
          database.close();
        } finally {
          release();
        }
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
};

const hasContent = (file: string): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;

/** Only a store that was in use has a key: making a new database beside it would renew the identity in silence. */
const lostDatabase = (paths: StorePaths): StoreDamagedError =>
  new StoreDamagedError(paths.database, `it is missing or empty, although its key ${paths.key} is there`);
