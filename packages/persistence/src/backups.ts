import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { syncDirectory } from './data-directory.ts';
import { inspectDatabase, type StoreDatabase } from './database.ts';
import { StoreInaccessibleError } from './errors.ts';
import { usingFile } from './file-errors.ts';

/** One backup of the database. */
export interface Backup {
  /** `day-2026-11-29.bak` of a day, or `before-4.bak` of the last moment before a migration to that schema. */
  readonly name: string;
  readonly madeAtMs: number;
  readonly sizeBytes: number;
}

/** Days and migrations that are kept. */
const MAX_DAYS = 7;
const MAX_MIGRATIONS = 3;

const NAMES = { day: /^day-\d{4}-\d{2}-\d{2}\.bak$/, migration: /^before-\d{1,6}\.bak$/ } as const;

/** Whether a name is one of a backup, and of nothing else. */
export const isBackupName = (name: string): boolean => NAMES.day.test(name) || NAMES.migration.test(name);

/** @returns the folder, which only its owner can open */
export const makeBackupFolder = (folder: string): string =>
  usingFile(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  });

/** The backup of a day, unless there is one. */
export const backUpDay = (database: StoreDatabase, folder: string, nowMs: number): void => {
  const file = join(makeBackupFolder(folder), `day-${new Date(nowMs).toISOString().slice(0, 10)}.bak`);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) backUp(database, file);
};

/** The backups in a folder, newest first; none where there is no folder. */
export const listBackups = (folder: string): readonly Backup[] => {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return usingFile(folder, () =>
    readdirSync(folder)
      .filter(isBackupName)
      .map((name) => {
        const { size, mtimeMs } = statSync(join(folder, name));
        return { name, madeAtMs: Math.trunc(mtimeMs), sizeBytes: size };
      })
      .sort((one, other) => other.madeAtMs - one.madeAtMs || other.name.localeCompare(one.name)),
  );
};

/**
 * Copies a database that is open, sound or not at all: the file has its name only once the copy was read through. An
 * earlier one of the same name is replaced, and what is more than is kept goes, the oldest first.
 */
export const backUp = (database: StoreDatabase, file: string): void => {
  const unfinished = `${file}.new`;
  usingFile(unfinished, () => {
    rmSync(unfinished, { force: true });
    // SQLite writes into an empty file as it finds it, so the copy is never open to others.
    closeSync(openSync(unfinished, 'wx', 0o600));
  });
  try {
    database.prepare('VACUUM INTO :backup').run({ backup: unfinished });
    inspectDatabase(unfinished, Number.MAX_SAFE_INTEGER, ({ schemaVersion }) => {
      const written = Number((database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version);
      if (schemaVersion !== written) throw new StoreInaccessibleError(unfinished, 'the backup did not come out whole');
    });
    publish(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  prune(dirname(file));
};

/** Puts a copy of `from` in the place of `to`, whole or not at all. */
export const putInPlace = (from: string, to: string): void => {
  const unfinished = `${to}.new`;
  usingFile(unfinished, () => {
    rmSync(unfinished, { force: true });
    copyFileSync(from, unfinished);
  });
  publish(unfinished, to);
};

const publish = (unfinished: string, file: string): void => {
  usingFile(unfinished, () => {
    const descriptor = openSync(unfinished, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(unfinished, file);
  });
  syncDirectory(dirname(file));
};

const prune = (folder: string): void => {
  const backups = listBackups(folder).map(({ name }) => name);
  // By their names, for a copy of a folder may have other times.
  const ofKind = (kind: RegExp): readonly string[] =>
    backups.filter((name) => kind.test(name)).sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  const surplus = [...ofKind(NAMES.day).slice(MAX_DAYS), ...ofKind(NAMES.migration).slice(MAX_MIGRATIONS)];
  for (const name of surplus) usingFile(join(folder, name), () => rmSync(join(folder, name), { force: true }));
};
