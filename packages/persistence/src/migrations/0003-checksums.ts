import { DEVICE_CHECKSUM, IDENTITY_CHECKSUM, JOURNAL_CHECKSUM } from '../checksums.ts';
import type { Migration } from './migration.ts';

/** What tells altered rows, and how many changes there have been. */
export const checksums: Migration = {
  version: 3,
  name: 'checksums',
  apply: (database) =>
    database.exec(`
      -- Over everything else in the row; those of a device also over where it is found.
      ALTER TABLE identity ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
      ALTER TABLE devices ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
      ALTER TABLE journal ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';
      UPDATE identity SET checksum = ${IDENTITY_CHECKSUM};
      UPDATE devices SET checksum = ${DEVICE_CHECKSUM};
      UPDATE journal SET checksum = ${JOURNAL_CHECKSUM};

      -- The same numbers are kept outside the database, in the mark.
      INSERT INTO facts (name, value) VALUES ('changes', 0), ('generation', 0);
    `),
};
