import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncOptions, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { createPrivateFile } from './data-directory.ts';
import { databaseError } from './database-errors.ts';
import { StoreDamagedError, StoreNewerError } from './errors.ts';
import { ROW_CHECKSUM, rowChecksum } from './row-checksum.ts';

/** `BOWL` in ASCII, in the header of every store: tells it from any other SQLite database. */
const APPLICATION_ID = 0x424f574c;

/** Size the write-ahead log is cut back to after a checkpoint, bytes: SQLite's 1,000 pages of 4 KiB. */
const WAL_SIZE_LIMIT_BYTES = 4_096_000;

export type SqlParameters = Record<string, SQLInputValue>;

/** One prepared statement; parameters are named, without prefix. Rows are unknown until they are parsed. */
export interface StoreStatement {
  get(parameters?: SqlParameters): unknown;
  all(parameters?: SqlParameters): readonly unknown[];
  /** Answers the number of changed rows. */
  run(parameters?: SqlParameters): number;
}

/** The open database. Everything it throws is an error of this package. */
export interface StoreDatabase {
  readonly file: string;
  /** Schema version in the header; 0 for a database that has just been made. */
  readonly schemaVersion: number;
  exec(sql: string): void;
  prepare(sql: string): StoreStatement;
  /** Runs `work` in one transaction: committed and synced when it returns, undone as a whole when anything throws. Not nestable. */
  transaction<T>(work: () => T): T;
  /** Folds the write-ahead log into the database and closes it. */
  close(): void;
}

/**
 * Opens a store for writing, making an empty one with mode 0600 when the file is missing. One that has been in use is
 * to be inspected first, so that a damaged or a newer one stays as it was found.
 *
 * @throws what {@link databaseError} makes of SQLite's errors.
 */
export const openDatabase = (file: string): StoreDatabase => {
  // SQLite gives its `-wal` the mode of the database, so the mode is set before SQLite sees the file.
  createPrivateFile(file);
  const guard = guardFor(file);
  const sqlite = guard(() => connect(file, { enableForeignKeyConstraints: true }));
  try {
    return guard(() => {
      // Held to the end: not even a tool on the command line writes beside the owner.
      sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
      configure(sqlite);
      // An inspection leaves it, and nobody else has the database open now.
      rmSync(`${file}-shm`, { force: true });
      return guardedDatabase(sqlite, file, readPragma(sqlite, 'user_version'), guard);
    });
  } catch (error) {
    sqlite.close();
    throw error;
  }
};

/**
 * Runs `read` on a store that stays as it is: no byte of it or of its write-ahead log changes. Only one whose very first
 * start was cut short, before it had a write-ahead log, is first taken back to where it began.
 *
 * @param depth `atStart`: of a store that is larger than can be read while somebody waits, the tables that tell what happened
 * are left for later; `read` is given them
 * @throws {@link StoreDamagedError}, {@link StoreNewerError} and what {@link databaseError} makes of SQLite's errors.
 */
export const inspectDatabase = <T>(
  file: string,
  knownVersion: number,
  read: (database: StoreDatabase, unchecked: readonly LargeTable[]) => T,
  depth: 'all' | 'atStart' = 'all',
): T => {
  const guard = guardFor(file);
  if (existsSync(`${file}-journal`)) guard(() => finishRollback(file));
  const sqlite = guard(() => connect(file, { readOnly: true }));
  try {
    return guard(() => {
      const isLarge = depth === 'atStart' && sizeBytesOf(file) > CHECKED_AT_ONCE_BYTES;
      const schemaVersion = requireSound(sqlite, file, knownVersion, isLarge);
      return read(guardedDatabase(sqlite, file, schemaVersion, guard), isLarge ? LARGE_TABLES : []);
    });
  } finally {
    sqlite.close();
  }
};

/** SQLite does it by itself at the first read that may write. */
const finishRollback = (file: string): void => {
  const sqlite = connect(file, {});
  try {
    readPragma(sqlite, 'user_version');
  } finally {
    sqlite.close();
  }
};

/** Names the file in whatever SQLite throws. */
const guardFor = (file: string) => {
  const dataDir = dirname(file);
  return <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw databaseError(file, dataDir, error);
    }
  };
};

const connect = (file: string, options: DatabaseSyncOptions): DatabaseSync => {
  const sqlite = new DatabaseSync(file, { defensive: true, ...options });
  sqlite.function(ROW_CHECKSUM, { deterministic: true, varargs: true }, rowChecksum);
  return sqlite;
};

/** The largest store that is checked as a whole before it is opened, bytes: about a tenth of a second (measured). */
const CHECKED_AT_ONCE_BYTES = 33_554_432;

/** Tables that only tell what happened, and grow with it; every row of them is checked again when it is read. */
const LARGE_TABLES = ['timeline', 'journal'] as const;

export type LargeTable = (typeof LARGE_TABLES)[number];

const sizeBytesOf = (file: string): number =>
  [file, `${file}-wal`].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);

const CHECKS = {
  before: ['integrity_check(devices)'],
  withMessages: [
    'integrity_check(devices)',
    'integrity_check(inbox)',
    'integrity_check(outbox)',
    'integrity_check(received_ids)',
  ],
} as const;

/** Answers the schema version of a sound store; 0 for an empty one. */
const requireSound = (sqlite: DatabaseSync, file: string, knownVersion: number, isLarge: boolean): number => {
  const schemaVersion = readPragma(sqlite, 'user_version');
  const isBlank = sqlite.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (isBlank && schemaVersion === 0) return 0;
  if (readPragma(sqlite, 'application_id') !== APPLICATION_ID) {
    throw new StoreDamagedError(file, 'it is not a database of Bowline');
  }
  if (schemaVersion > knownVersion) throw new StoreNewerError(file, schemaVersion, knownVersion);
  // The others look into indexes as well, from which a device or a message could be lost.
  const tables = isLarge ? smallTables(sqlite) : null;
  const structure = tables?.map((table) => `quick_check(${table})`) ?? ['quick_check(1)'];
  for (const check of [...structure, ...CHECKS[schemaVersion >= 4 ? 'withMessages' : 'before']]) {
    const verdict = Object.values(sqlite.prepare(`PRAGMA ${check}`).get() ?? {})[0];
    if (verdict !== 'ok') throw new StoreDamagedError(file, String(verdict));
  }
  const references = tables?.map((table) => `foreign_key_check(${table})`) ?? ['foreign_key_check'];
  if (references.some((check) => sqlite.prepare(`PRAGMA ${check}`).get() !== undefined)) {
    throw new StoreDamagedError(file, 'it holds facts about a device that is gone');
  }
  return schemaVersion;
};

const smallTables = (sqlite: DatabaseSync): readonly string[] =>
  sqlite
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !LARGE_TABLES.includes(name as LargeTable));

const readPragma = (sqlite: DatabaseSync, name: 'user_version' | 'application_id' | 'auto_vacuum'): number =>
  Number(sqlite.prepare(`PRAGMA ${name}`).get()?.[name]);

const configure = (sqlite: DatabaseSync): void => {
  // Before the first table: pages that become free can be given back to the disk.
  if (readPragma(sqlite, 'user_version') === 0) sqlite.exec('PRAGMA auto_vacuum = INCREMENTAL');
  sqlite.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA journal_size_limit = ${WAL_SIZE_LIMIT_BYTES};
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA secure_delete = ON;
  `);
  if (readPragma(sqlite, 'application_id') !== APPLICATION_ID) sqlite.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
};

const guardedDatabase = (
  sqlite: DatabaseSync,
  file: string,
  schemaVersion: number,
  guard: <T>(work: () => T) => T,
): StoreDatabase => ({
  file,
  schemaVersion,
  exec: (sql) => guard(() => sqlite.exec(sql)),
  prepare: (sql) => {
    const statement: StatementSync = guard(() => sqlite.prepare(sql));
    return {
      get: (parameters = {}) => guard(() => statement.get(parameters)),
      all: (parameters = {}) => guard(() => statement.all(parameters)),
      run: (parameters = {}) => guard(() => Number(statement.run(parameters).changes)),
    };
  },
  transaction: (work) =>
    guard(() => {
      sqlite.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        sqlite.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite has already rolled back by itself after some failures, a full disk among them.
        if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
        throw error;
      }
    }),
  close: () =>
    guard(() => {
      if (sqlite.isOpen) sqlite.close();
    }),
});
