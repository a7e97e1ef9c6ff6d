import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Logger } from '@bowline/contracts';
import { syncDirectory } from './data-directory.ts';
import type { StoreDatabase } from './database.ts';
import { StoreInaccessibleError } from './errors.ts';
import { usingFile } from './file-errors.ts';
import type { Migration } from './migrations/migration.ts';

/**
 * Brings the schema up to date, each step in a transaction of its own. A database that has been in use is copied to
 * `store.db.before-<version>.bak` first, and no step is taken unless that copy is sound.
 */
export const migrate = (database: StoreDatabase, migrations: readonly Migration[], logger: Logger): void => {
  const pending = migrations.filter(({ version }) => version > database.schemaVersion);
  const target = pending.at(-1)?.version;
  if (target === undefined) return;
  if (database.schemaVersion > 0) {
    const backup = backUp(database, `${database.file}.before-${target}.bak`);
    logger.info({ backup, from: database.schemaVersion, to: target }, 'store backed up before migration');
  }
  for (const migration of pending) {
    database.transaction(() => {
      migration.apply(database);
      database.exec(`PRAGMA user_version = ${migration.version}`);
    });
    logger.info({ version: migration.version, migration: migration.name }, 'store migrated');
  }
};

/** An earlier attempt may have left a copy of the same version; it is replaced once the new one is sound. */
const backUp = (database: StoreDatabase, backup: string): string => {
  const unfinished = `${backup}.new`;
  usingFile(unfinished, () => {
    rmSync(unfinished, { force: true });
    // SQLite writes into an empty file as it finds it, so the copy is never open to others.
    closeSync(openSync(unfinished, 'wx', 0o600));
  });
  database.prepare('VACUUM INTO :backup').run({ backup: unfinished });
  usingFile(unfinished, () => {
    requireSound(unfinished, database.schemaVersion);
    const descriptor = openSync(unfinished, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(unfinished, backup);
  });
  syncDirectory(dirname(backup));
  return backup;
};

const requireSound = (backup: string, schemaVersion: number): void => {
  const copy = new DatabaseSync(backup, { readOnly: true });
  try {
    const verdict = copy.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    const version = copy.prepare('PRAGMA user_version').get()?.user_version;
    if (verdict === 'ok' && version === schemaVersion) return;
    throw new StoreInaccessibleError(backup, 'the backup before a migration did not come out whole');
  } finally {
    copy.close();
  }
};
