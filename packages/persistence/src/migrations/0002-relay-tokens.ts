import type { Migration } from './migration.ts';

/** Tokens that peers have shared of their relays. */
export const relayTokens: Migration = {
  version: 2,
  name: 'relay-tokens',
  apply: (database) =>
    database.exec(`
      -- The token is sealed.
      CREATE TABLE relay_tokens (
        device_id TEXT NOT NULL REFERENCES devices ON DELETE CASCADE,
        url TEXT NOT NULL,
        sealed_token BLOB NOT NULL,
        PRIMARY KEY (device_id, url)
      ) STRICT, WITHOUT ROWID;
    `),
};
