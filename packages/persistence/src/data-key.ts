import type { Random } from '@bowline/contracts';
import { z } from 'zod';
import type { StoreDatabase } from './database.ts';
import { StoreDamagedError, StoreKeyMismatchError, StoreKeyMissingError } from './errors.ts';
import type { StoreKey } from './key/store-key.ts';
import { openSealed, SEALING_KEY_BYTES, sealValue } from './sealing.ts';
import { parseRow, stored } from './stored-values.ts';

const PLACE = { table: 'facts', column: 'value', row: 'data_key' } as const;

const factRow = z.object({ value: stored.bytes });

/** Where the key of a store is, once it was opened; and where one would be. */
export interface OpenedKey {
  readonly key: StoreKey | undefined;
  readonly keyFile: string;
}

/**
 * The key every secret of this store is sealed under: random, made once, and itself sealed under the store's key. `undefined`
 * for a database that has none.
 *
 * @throws {@link StoreKeyMissingError} or {@link StoreKeyMismatchError} without the right key,
 * {@link StoreDamagedError} when a database in use has lost its own.
 */
export const readDataKey = (database: StoreDatabase, { key, keyFile }: OpenedKey): Uint8Array | undefined => {
  const row = database.prepare("SELECT value FROM facts WHERE name = 'data_key'").get();
  if (row === undefined) {
    const isInUse = database.prepare('SELECT 1 FROM identity UNION ALL SELECT 1 FROM settings LIMIT 1').get();
    if (isInUse !== undefined) throw new StoreDamagedError(database.file, 'its key is gone');
    return undefined;
  }
  const { value } = parseRow(factRow, row, 'facts', database.file);
  if (key === undefined) throw new StoreKeyMissingError(keyFile, database.file);
  const dataKey = openSealed(key.bytes, value, PLACE);
  if (dataKey === undefined) {
    throw new StoreKeyMismatchError(keyFile, database.file, 'they belong to different stores');
  }
  if (dataKey.length !== SEALING_KEY_BYTES) throw new StoreDamagedError(database.file, 'its key has the wrong length');
  return dataKey;
};

/** Happens once, before anything is sealed; a start that was cut short finds the store's key and goes on from there. */
export const makeDataKey = (database: StoreDatabase, key: StoreKey, random: Random): Uint8Array => {
  const dataKey = random.bytes(SEALING_KEY_BYTES);
  putDataKey(database, dataKey, key.bytes, random);
  return dataKey;
};

/** Seals it under another key. */
export const putDataKey = (database: StoreDatabase, dataKey: Uint8Array, key: Uint8Array, random: Random): void => {
  database
    .prepare(
      "INSERT INTO facts (name, value) VALUES ('data_key', :value) ON CONFLICT DO UPDATE SET value = excluded.value",
    )
    .run({ value: sealValue(key, dataKey, PLACE, random) });
};
