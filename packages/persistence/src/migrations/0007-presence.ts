import type { Migration } from './migration.ts';

/** By which each device is known on the local network, and whether it was told by which this one is. */
export const presence: Migration = {
  version: 7,
  name: 'presence',
  apply: (database) =>
    database.exec(`
      CREATE TABLE presence (
        device_id TEXT PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
        sealed_key BLOB,
        is_told INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `),
};
