import type { Migration } from './migration.ts';

/** What happened to each device, what it told of itself last, and when this device was last known to run. */
export const timeline: Migration = {
  version: 5,
  name: 'timeline',
  apply: (database) =>
    database.exec(`
      -- No device: it happened to this one, with an effect on all.
      CREATE TABLE timeline (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        device_id TEXT REFERENCES devices ON DELETE CASCADE,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        path TEXT,
        relay TEXT,
        cause TEXT,
        duration_ms INTEGER,
        checksum BLOB NOT NULL
      ) STRICT;
      CREATE INDEX timeline_by_device ON timeline (device_id, position);
      CREATE INDEX timeline_by_time ON timeline (at_ms);

      CREATE TABLE device_facts (
        device_id TEXT PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
        at_ms INTEGER NOT NULL,
        facts TEXT NOT NULL,
        checksum BLOB NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE last_run (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        at_ms INTEGER NOT NULL
      ) STRICT;
    `),
};
