import type { Migration } from './migration.ts';

/** Who is kept out, and what a person decided and noted of each device. */
export const trust: Migration = {
  version: 6,
  name: 'trust',
  apply: (database) =>
    database.exec(`
      -- No reference to devices: who is blocked is none of them. The name is what it was called here, if anything.
      CREATE TABLE blocked (
        device_id TEXT PRIMARY KEY,
        endpoint_id TEXT NOT NULL UNIQUE,
        name TEXT,
        blocked_at_ms INTEGER NOT NULL,
        checksum BLOB NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- No row: nothing was decided or noted. pairing_id is the same at both devices, and no secret; claim is the
      -- device's own proof of how often it has started.
      CREATE TABLE device_trust (
        device_id TEXT PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
        pairing_id TEXT,
        note TEXT,
        compared_at_ms INTEGER,
        permissions TEXT NOT NULL DEFAULT '{}',
        claim TEXT,
        checksum BLOB NOT NULL
      ) STRICT, WITHOUT ROWID;
    `),
};
