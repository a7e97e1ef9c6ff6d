import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { createPrivateFile } from './data-directory.ts';
import { databaseError } from './database-errors.ts';
import { StoreDamagedError, StoreNewerError } from './errors.ts';

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
 * Opens a store, making an empty one with mode 0600 when the file is missing. The whole file is checked before the
 * first write, so that a damaged or a newer one stays as it was found.
 *
 * @param knownVersion newest schema version this code can read.
 * @throws {@link StoreDamagedError}, {@link StoreNewerError} and what {@link databaseError} makes of SQLite's errors.
 */
export const openDatabase = (file: string, knownVersion: number): StoreDatabase => {
  // SQLite gives its `-wal` the mode of the database, so the mode is set before SQLite sees the file.
  createPrivateFile(file);
  const dataDir = dirname(file);
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw databaseError(file, dataDir, error);
    }
  };
  const sqlite = guard(() => new DatabaseSync(file, { enableForeignKeyConstraints: true, defensive: true }));
  try {
    return guard(() => {
      const schemaVersion = inspect(sqlite, file, knownVersion);
      configure(sqlite);
      return guardedDatabase(sqlite, file, schemaVersion, guard);
    });
  } catch (error) {
    sqlite.close();
    throw error;
  }
};

/** Reads only: the schema version of a sound store. */
const inspect = (sqlite: DatabaseSync, file: string, knownVersion: number): number => {
  // Held from the first read to the end: not even a tool on the command line writes beside the owner.
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
  const schemaVersion = readPragma(sqlite, 'user_version');
  const isBlank = sqlite.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (isBlank && schemaVersion === 0) return 0;
  if (readPragma(sqlite, 'application_id') !== APPLICATION_ID) {
    throw new StoreDamagedError(file, 'it is not a database of Bowline');
  }
  if (schemaVersion > knownVersion) throw new StoreNewerError(file, schemaVersion, knownVersion);
  const problems = sqlite.prepare('PRAGMA quick_check(1)').all();
  const verdict = problems[0]?.quick_check;
  if (verdict !== 'ok') throw new StoreDamagedError(file, String(verdict));
  const orphan = sqlite.prepare('PRAGMA foreign_key_check').get();
  if (orphan !== undefined) throw new StoreDamagedError(file, 'it holds facts about a device that is gone');
  return schemaVersion;
};

const readPragma = (sqlite: DatabaseSync, name: 'user_version' | 'application_id'): number =>
  Number(sqlite.prepare(`PRAGMA ${name}`).get()?.[name]);

const configure = (sqlite: DatabaseSync): void => {
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
