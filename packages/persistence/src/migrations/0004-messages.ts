import type { Migration } from './migration.ts';

/** Messages in a place of their own: those received until they are taken, those kept to be sent until they are delivered. */
export const messages: Migration = {
  version: 4,
  name: 'messages',
  apply: (database) =>
    database.exec(`
      -- No reference to devices: what was delivered stays when its sender is removed.
      CREATE TABLE inbox (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        device_id TEXT NOT NULL,
        device_name TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        payload BLOB NOT NULL,
        checksum BLOB NOT NULL
      ) STRICT;
      CREATE INDEX inbox_by_device ON inbox (device_id, position, size_bytes);

      CREATE TABLE outbox (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        device_id TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
        message_id TEXT NOT NULL UNIQUE,
        at_ms INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        payload BLOB NOT NULL,
        checksum BLOB NOT NULL
      ) STRICT;
      CREATE INDEX outbox_by_device ON outbox (device_id, position, size_bytes);

      -- The last messages of each device that it keeps until they are delivered: one that comes again is a repeat.
      CREATE TABLE received_ids (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        device_id TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
        message_id TEXT NOT NULL,
        UNIQUE (device_id, message_id)
      ) STRICT;
      CREATE INDEX journal_by_device ON journal (device_id, position);
    `),
};
