import type { EndpointId } from '@bowline/contracts';
import { z } from 'zod';
import { BLOCKED_CHECKSUM, DEVICE_CHECKSUM, IDENTITY_CHECKSUM, TRUST_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import { StoreDamagedError } from './errors.ts';
import { parseRow, stored } from './stored-values.ts';

/** The first schema with checksums and counted changes. */
const CHECKED_SINCE_VERSION = 3;

/** The first schema that says who is blocked. */
const BLOCKED_SINCE_VERSION = 6;

/** What a database holds of what must never be lost. */
export interface StoreContents {
  /** `null` when it holds no identity. */
  readonly endpointId: EndpointId | null;
  readonly generation: number;
  readonly deviceCount: number;
  readonly changes: number;
}

const countsRow = z.object({
  endpoint_id: stored.endpointId.nullable(),
  devices: stored.count,
  generation: stored.count,
  changes: stored.count,
});

/** Of a database that has never been used. */
export const EMPTY_CONTENTS: StoreContents = { endpointId: null, generation: 0, deviceCount: 0, changes: 0 };

/** Reads it, and makes sure that no row of it was altered. @throws {@link StoreDamagedError} */
export const readContents = (database: StoreDatabase): StoreContents => {
  const { schemaVersion } = database;
  if (schemaVersion === 0) return EMPTY_CONTENTS;
  if (schemaVersion >= CHECKED_SINCE_VERSION) requireUnaltered(database);
  return countContents(database);
};

/** The same of a database that was checked before. */
export const countContents = (database: StoreDatabase): StoreContents => {
  const row = parseRow(countsRow, database.prepare(SELECT_COUNTS).get(), 'facts', database.file);
  return {
    endpointId: row.endpoint_id,
    generation: row.generation,
    deviceCount: row.devices,
    changes: row.changes,
  };
};

// Earlier schemas have no counts.
const SELECT_COUNTS = `
  SELECT (SELECT endpoint_id FROM identity) AS endpoint_id, (SELECT count(*) FROM devices) AS devices,
    coalesce((SELECT value FROM facts WHERE name = 'generation'), 0) AS generation,
    coalesce((SELECT value FROM facts WHERE name = 'changes'), 0) AS changes`;

const requireUnaltered = (database: StoreDatabase): void => {
  const isAltered = (table: string, checksum: string): boolean =>
    database.prepare(`SELECT 1 FROM ${table} WHERE checksum IS NOT ${checksum} LIMIT 1`).get() !== undefined;
  if (isAltered('identity', IDENTITY_CHECKSUM)) {
    throw new StoreDamagedError(database.file, 'the identity of this device is not as it was stored');
  }
  if (isAltered('devices', DEVICE_CHECKSUM)) {
    throw new StoreDamagedError(database.file, 'a paired device is not as it was stored');
  }
  if (database.schemaVersion < BLOCKED_SINCE_VERSION) return;
  if (isAltered('blocked', BLOCKED_CHECKSUM)) {
    throw new StoreDamagedError(database.file, 'a blocked device is not as it was stored');
  }
  if (isAltered('device_trust', TRUST_CHECKSUM)) {
    throw new StoreDamagedError(database.file, 'what was decided of a device is not as it was stored');
  }
};
