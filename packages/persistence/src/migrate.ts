import { dirname, join } from 'node:path';
import type { Logger } from '@bowline/contracts';
import { backUp, makeBackupFolder } from './backups.ts';
import type { StoreDatabase } from './database.ts';
import type { Migration } from './migrations/migration.ts';

/**
 * Brings the schema up to date, each step in a transaction of its own. A database that has been in use is copied to
 * `backups/before-<version>.bak` first, and no step is taken unless that copy is sound.
 */
export const migrate = (database: StoreDatabase, migrations: readonly Migration[], logger: Logger): void => {
  const pending = migrations.filter(({ version }) => version > database.schemaVersion);
  const target = pending.at(-1)?.version;
  if (target === undefined) return;
  if (database.schemaVersion > 0) {
    const folder = makeBackupFolder(join(dirname(database.file), 'backups'));
    const backup = join(folder, `before-${target}.bak`);
    backUp(database, backup);
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
