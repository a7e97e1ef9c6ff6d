import {
  type Clock,
  errorMessage,
  type Logger,
  type Random,
  type StoreKeyKind,
  type StoreProblem,
} from '@bowline/contracts';
import { type BackgroundCheck, backgroundCheck } from './background-check.ts';
import { backUpDay } from './backups.ts';
import { blockedFile } from './blocked-file.ts';
import { type BlockedTable, blockedTable } from './blocked-table.ts';
import { type CountedDatabase, countedDatabase } from './counted-database.ts';
import { prepareDataDirectory, syncDirectory, tightenFile } from './data-directory.ts';
import { makeDataKey, readDataKey } from './data-key.ts';
import { openDatabase, type StoreDatabase } from './database.ts';
import { type DeviceFactsTable, deviceFactsTable } from './device-facts-table.ts';
import { type DeviceTable, deviceTable } from './device-table.ts';
import { diskReserve } from './disk-reserve.ts';
import { finishInterrupted } from './finish-interrupted.ts';
import { type IdentityTable, identityTable } from './identity-table.ts';
import { type InboxTable, inboxTable } from './inbox-table.ts';
import { inspectContents } from './inspect-contents.ts';
import { type JournalTable, journalTable } from './journal-table.ts';
import { type Keychain, systemKeychain } from './key/keychain.ts';
import { type StoreKey, storeKeyKeeper } from './key/store-key.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';
import { MIGRATIONS } from './migrations/migration-list.ts';
import type { PersistenceOptions } from './options.ts';
import { type OutboxTable, outboxTable } from './outbox-table.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { type PresenceTable, presenceTable } from './presence-table.ts';
import { type RelayTokenTable, relayTokenTable } from './relay-token-table.ts';
import { requireWhole } from './require-whole.ts';
import { type SettingTable, settingTable } from './setting-table.ts';
import { storeMarkFile } from './store-mark.ts';
import { type StorePaths, storePathsIn } from './store-paths.ts';
import { type TimelineTable, timelineTable } from './timeline-table.ts';

/** The open store: one object for each table, each call durable when it returns. */
export interface Store {
  readonly database: CountedDatabase;
  /** How the key is kept. */
  readonly keyKind: StoreKeyKind;
  readonly identity: IdentityTable;
  readonly devices: DeviceTable;
  readonly blocked: BlockedTable;
  readonly relayTokens: RelayTokenTable;
  readonly settings: SettingTable;
  readonly presence: PresenceTable;
  readonly journal: JournalTable;
  readonly inbox: InboxTable;
  readonly outbox: OutboxTable;
  readonly timeline: TimelineTable;
  readonly deviceFacts: DeviceFactsTable;
  /** What is still to be looked at of a large store. */
  readonly check: BackgroundCheck;
  /** Makes the backup of today, unless there is one; a disk that has no room for it is told in the log. */
  backUpToday(): void;
  /** Gives the data directory free. */
  close(): void;
}

export interface StoreComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Hears what keeps the store from storing; `null`: nothing any more. @defaultValue nobody hears it */
  readonly onProblem?: (problem: StoreProblem | null) => void;
  /** Steps of the schema. @defaultValue {@link MIGRATIONS} */
  readonly migrations?: readonly Migration[];
  /** @defaultValue the operating system's */
  readonly keychain?: Keychain;
}

/**
 * Takes the data directory and opens what is in it, or makes a new store when there is nothing. On any error everything
 * is let go again, and the files are as they were.
 */
export const openStore = async (options: PersistenceOptions, components: StoreComponents): Promise<Store> => {
  const paths = storePathsIn(options.dataDir);
  prepareDataDirectory(paths.dataDir, components.logger);
  const lock = acquireOwnerLock(paths);
  try {
    return await openOwned(options, components, paths, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
};

const openOwned = async (
  options: PersistenceOptions,
  components: StoreComponents,
  paths: StorePaths,
  release: () => void,
): Promise<Store> => {
  const { clock, random, logger, onProblem = () => undefined, migrations = MIGRATIONS } = components;
  finishInterrupted(paths, logger);
  const keychain = components.keychain ?? systemKeychain({ clock, bus: options.key.bus });
  const keeper = storeKeyKeeper(paths, { keychain, random, logger });
  const storeKey = await keeper.open(options.key);
  const hasKey = storeKey !== undefined;
  const markFile = storeMarkFile(paths.mark, logger);
  const mark = markFile.read();
  const { unchecked, ...found } = inspectContents(paths.database, migrations.at(-1)?.version ?? 0);
  requireWhole(paths, found, { mark, hasKey });
  // Before the key: whoever finds a key without a mark then knows that the store has lost something.
  if (mark === undefined) markFile.writeLasting({ ...found, changes: 0, generation: 0 });
  const plain = openDatabase(paths.database);
  try {
    tightenFile(paths.database, logger);
    migrate(plain, migrations, logger);
    enableShrinking(plain, logger);
    // The database's name is on disk before the key's: a key without a database is the mark of a lost database.
    syncDirectory(paths.dataDir);
    const opened = readDataKey(plain, { key: storeKey, keyFile: paths.key });
    const key: StoreKey = storeKey ?? (await keeper.make(options.key));
    const dataKey = opened ?? makeDataKey(plain, key, random);
    const reserve = diskReserve(paths.reserve, logger);
    reserve.ensure();
    const database = countedDatabase({ database: plain, markFile, reserve, logger, onProblem });
    const relayTokens = relayTokenTable(database, dataKey, random);
    const settings = settingTable(database, dataKey, random);
    const presence = presenceTable(database, dataKey, random);
    requireOpenable(settings, relayTokens, presence);
    const blocked = blockedTable({ database, file: blockedFile(paths.blocked, logger), clock, logger });
    const devices = deviceTable({ database, clock, relayTokens, blocked });
    const journal = journalTable({ database, options });
    database.markNow();
    logger.info({ file: paths.database, keyKind: key.kind, keyPath: key.location }, 'store opened');
    return {
      database,
      keyKind: key.kind,
      identity: identityTable({ database, dataKey, clock, random }),
      devices,
      blocked,
      relayTokens,
      settings,
      presence,
      journal,
      inbox: inboxTable({ database, devices, journal, options }),
      outbox: outboxTable({ database, random, options }),
      timeline: timelineTable({ database, options }),
      deviceFacts: deviceFactsTable(database),
      check: backgroundCheck({ database, tables: unchecked, logger, onDamage: onProblem }),
      backUpToday: () => {
        try {
          backUpDay(database, paths.backups, clock.nowMs());
        } catch (error) {
          logger.warn({ folder: paths.backups, reason: errorMessage(error) }, 'no backup of today');
        }
      },
      close: () => {
        try {
          database.close();
        } finally {
          markFile.close();
          release();
        }
      },
    };
  } catch (error) {
    plain.close();
    markFile.close();
    throw error;
  }
};

/** A store of an earlier version is written anew once; where there is no room for that, it stays as it is. */
const enableShrinking = (database: StoreDatabase, logger: Logger): void => {
  const { auto_vacuum: mode } = database.prepare('PRAGMA auto_vacuum').get() as { readonly auto_vacuum: number };
  if (mode !== 0) return;
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
  } catch (error) {
    logger.warn({ file: database.file, reason: errorMessage(error) }, 'store cannot be made to shrink yet');
  }
};

/** Reads every sealed value once, so that an altered one is told now and not when it is missed. */
const requireOpenable = (settings: SettingTable, relayTokens: RelayTokenTable, presence: PresenceTable): void => {
  settings.requireOpenable();
  relayTokens.list();
  presence.list();
};
