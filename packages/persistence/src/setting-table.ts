import type { Random, SettingValue } from '@bowline/contracts';
import { z } from 'zod';
import type { CountedDatabase } from './counted-database.ts';
import { StoreDamagedError, StoreInputError, StoreLimitError } from './errors.ts';
import { jsonText } from './json-text.ts';
import { openSealed, sealValue } from './sealing.ts';
import { checkInput, countRow, parseRow, stored } from './stored-values.ts';

/** Most settings, and the most one may take as JSON: a configuration, not a warehouse. */
const MAX_SETTINGS = 1_000;
const MAX_VALUE_BYTES = 65_536;

/** What a removal stores beside the removal itself: whom to tell of it, and by what those who stay know this device. */
const USING_RESERVE: ReadonlySet<string> = new Set(['unpairedEndpoints', 'presenceKey']);

/** Settings by name. Values are sealed, because any of them may hold a relay's token. */
export interface SettingTable {
  get(name: string): SettingValue | undefined;
  put(name: string, value: SettingValue): void;
  /** @throws {@link StoreDamagedError} when one of them, or its name, is not as it was stored. */
  requireOpenable(): void;
}

const settingName = z.string().regex(/^[A-Za-z][\w.:/-]{0,127}$/, 'must be 1 to 128 letters, digits and . : / _ -');

const settingRow = z.object({ sealed_value: stored.bytes });
const namedSettingRow = settingRow.extend({ name: settingName });

const placeOf = (name: string) => ({ table: 'settings', column: 'sealed_value', row: name });

export const settingTable = (database: CountedDatabase, dataKey: Uint8Array, random: Random): SettingTable => {
  const select = database.prepare('SELECT sealed_value FROM settings WHERE name = :name');
  const selectAll = database.prepare('SELECT name, sealed_value FROM settings');
  const countOthers = database.prepare('SELECT count(*) AS count FROM settings WHERE name <> :name');
  const upsert = database.prepare(`
    INSERT INTO settings (name, sealed_value) VALUES (:name, :sealed)
    ON CONFLICT DO UPDATE SET sealed_value = excluded.sealed_value`);

  const opened = (name: string, sealed: Uint8Array): Uint8Array => {
    const json = openSealed(dataKey, sealed, placeOf(name));
    if (json === undefined) throw new StoreDamagedError(database.file, `setting "${name}" cannot be opened`);
    return json;
  };

  return {
    requireOpenable: () => {
      for (const row of selectAll.all()) {
        const { name, sealed_value } = parseRow(namedSettingRow, row, 'settings', database.file);
        opened(name, sealed_value);
      }
    },
    get: (name) => {
      const row = select.get({ name: checkInput(settingName, name, 'name') });
      if (row === undefined) return undefined;
      const { sealed_value } = parseRow(settingRow, row, 'settings', database.file);
      const json = opened(name, sealed_value);
      // Authenticated a line above: this is what `put` wrote.
      return JSON.parse(Buffer.from(json).toString('utf8')) as SettingValue;
    },
    put: (name, value) => {
      checkInput(settingName, name, 'name');
      const json = Buffer.from(jsonText(value, 'value'));
      if (json.length > MAX_VALUE_BYTES)
        throw new StoreInputError('value', `is longer than ${MAX_VALUE_BYTES} bytes of JSON`);
      const sealed = sealValue(dataKey, json, placeOf(name), random);
      const changing = USING_RESERVE.has(name) ? database.removing : database.lasting;
      changing(() => {
        const { count } = parseRow(countRow, countOthers.get({ name }), 'settings', database.file);
        if (count >= MAX_SETTINGS) throw new StoreLimitError('settings', MAX_SETTINGS);
        upsert.run({ name, sealed });
      });
    },
  };
};
