import type { Migration } from './migration.ts';

/** The tables of the first release. */
export const firstTables: Migration = {
  version: 1,
  name: 'first-tables',
  apply: (database) =>
    database.exec(`
      -- One row for each fact about the store itself.
      CREATE TABLE facts (
        name TEXT PRIMARY KEY,
        value ANY NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- This device. The secret key is sealed.
      CREATE TABLE identity (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        endpoint_id TEXT NOT NULL,
        name TEXT NOT NULL,
        sealed_secret_key BLOB NOT NULL,
        incarnation INTEGER NOT NULL CHECK (incarnation > 0),
        made_at_ms INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE devices (
        device_id TEXT PRIMARY KEY,
        endpoint_id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        platform TEXT NOT NULL,
        pairing_state TEXT NOT NULL CHECK (pairing_state IN ('pending', 'paired')),
        -- Grows with every pairing, so that the order holds when the clock was set back.
        pairing_order INTEGER NOT NULL UNIQUE,
        paired_at_ms INTEGER NOT NULL,
        incarnation INTEGER NOT NULL DEFAULT 0,
        received_incarnation INTEGER,
        received_sequence INTEGER,
        last_seen_at_ms INTEGER,
        CHECK ((received_incarnation IS NULL) = (received_sequence IS NULL))
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE relay_info (
        device_id TEXT PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
        home_relay_url TEXT,
        revision INTEGER NOT NULL,
        incarnation INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- Rank 0 is tried first.
      CREATE TABLE relay_urls (
        device_id TEXT NOT NULL REFERENCES relay_info ON DELETE CASCADE,
        rank INTEGER NOT NULL,
        url TEXT NOT NULL,
        PRIMARY KEY (device_id, rank)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE direct_addresses (
        device_id TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
        address TEXT NOT NULL,
        seen_at_ms INTEGER NOT NULL,
        PRIMARY KEY (device_id, address)
      ) STRICT, WITHOUT ROWID;

      -- Values are sealed: a setting may hold the token of a relay.
      CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        sealed_value BLOB NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- AUTOINCREMENT: positions are not reused after the newest entries are gone.
      CREATE TABLE journal (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        event TEXT NOT NULL,
        device_id TEXT,
        -- Before the data, so that summing it up reads no data.
        size_bytes INTEGER NOT NULL,
        data TEXT NOT NULL
      ) STRICT;
    `),
};
