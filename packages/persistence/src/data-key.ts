import type { Random } from '@bowline/contracts';
import { z } from 'zod';
import type { StoreDatabase } from './database.ts';
import { StoreDamagedError, StoreKeyMismatchError, StoreKeyMissingError } from './errors.ts';
import type { KeySource } from './key-source.ts';
import { openSealed, SEALING_KEY_BYTES, sealValue } from './sealing.ts';
import { parseRow, stored } from './stored-values.ts';

const PLACE = { table: 'facts', column: 'value', row: 'data_key' } as const;

const factRow = z.object({ value: stored.bytes });

/**
 * The key every secret of this store is sealed under: random, made once, and itself sealed under the key of `source`.
 *
 * @throws {@link StoreKeyMissingError} or {@link StoreKeyMismatchError} when the source does not hold the right key,
 * {@link StoreDamagedError} when a database in use has lost its own.
 */
export const openDataKey = (database: StoreDatabase, source: KeySource, random: Random): Uint8Array =>
  readDataKey(database, source) ?? makeDataKey(database, source, source.load(), random);

/** The same of a database that may only be read; `undefined` when it has none. @throws as {@link openDataKey} */
export const readDataKey = (database: StoreDatabase, source: KeySource): Uint8Array | undefined => {
  const row = database.prepare("SELECT value FROM facts WHERE name = 'data_key'").get();
  const sourceKey = source.load();
  if (row === undefined) return undefined;
  const { value } = parseRow(factRow, row, 'facts', database.file);
  if (sourceKey === undefined) throw new StoreKeyMissingError(source.location, database.file);
  const dataKey = openSealed(sourceKey, value, PLACE);
  if (dataKey === undefined) {
    throw new StoreKeyMismatchError(source.location, database.file, 'they belong to different stores');
  }
  if (dataKey.length !== SEALING_KEY_BYTES) throw new StoreDamagedError(database.file, 'its key has the wrong length');
  return dataKey;
};

/** Happens once, before anything is sealed; a start that was cut short finds the source's key and goes on from there. */
const makeDataKey = (
  database: StoreDatabase,
  source: KeySource,
  sourceKey: Uint8Array | undefined,
  random: Random,
): Uint8Array => {
  const isInUse = database.prepare('SELECT 1 FROM identity UNION ALL SELECT 1 FROM settings LIMIT 1').get();
  if (isInUse !== undefined) throw new StoreDamagedError(database.file, 'its key is gone');
  const wrappingKey = sourceKey ?? random.bytes(SEALING_KEY_BYTES);
  if (sourceKey === undefined) source.create(wrappingKey);
  const dataKey = random.bytes(SEALING_KEY_BYTES);
  database.transaction(() => {
    const insert = database.prepare('INSERT INTO facts (name, value) VALUES (:name, :value)');
    insert.run({ name: 'data_key', value: sealValue(wrappingKey, dataKey, PLACE, random) });
    insert.run({ name: 'key_source', value: source.kind });
  });
  return dataKey;
};
