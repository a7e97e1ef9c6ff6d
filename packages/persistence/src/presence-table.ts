import {
  brandAs,
  type PersistenceChannel,
  type PresenceKey,
  type Random,
  type RequestInput,
  type RequestOutput,
} from '@bowline/contracts';
import { z } from 'zod';
import type { CountedDatabase } from './counted-database.ts';
import { StoreDamagedError } from './errors.ts';
import { openSealed, sealValue } from './sealing.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** By which devices are known on the local network. Keys are sealed; they go with the device. */
export interface PresenceTable {
  put(input: RequestInput<PersistenceChannel, 'putPresence'>): void;
  list(): RequestOutput<PersistenceChannel, 'listPresence'>['peers'];
}

const putInput = z.object({
  deviceId: stored.deviceId,
  presenceKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  isTold: z.boolean(),
});

const presenceRow = z.object({
  device_id: stored.deviceId,
  sealed_key: stored.bytes.nullable(),
  is_told: z.int().min(0).max(1),
});

const placeOf = (deviceId: string) => ({ table: 'presence', column: 'sealed_key', row: deviceId });

export const presenceTable = (database: CountedDatabase, dataKey: Uint8Array, random: Random): PresenceTable => {
  const selectDevice = database.prepare('SELECT 1 FROM devices WHERE device_id = :deviceId');
  const selectAll = database.prepare('SELECT device_id, sealed_key, is_told FROM presence');
  const put = database.prepare(
    'INSERT OR REPLACE INTO presence (device_id, sealed_key, is_told) VALUES (:deviceId, :sealed, :isTold)',
  );
  return {
    put: (input) => {
      const { deviceId, presenceKey, isTold } = checkInput(putInput, input, 'presence');
      const sealed =
        presenceKey === null ? null : sealValue(dataKey, Buffer.from(presenceKey, 'hex'), placeOf(deviceId), random);
      database.transaction(() => {
        if (selectDevice.get({ deviceId }) !== undefined) put.run({ deviceId, sealed, isTold: isTold ? 1 : 0 });
      });
    },
    list: () =>
      selectAll.all().map((row) => {
        const { device_id: deviceId, sealed_key, is_told } = parseRow(presenceRow, row, 'presence', database.file);
        const key = sealed_key === null ? null : openSealed(dataKey, sealed_key, placeOf(deviceId));
        if (key === undefined) throw new StoreDamagedError(database.file, 'a presence key cannot be opened');
        const presenceKey = key === null ? null : brandAs<PresenceKey>(Buffer.from(key).toString('hex'));
        return { deviceId, presenceKey, isTold: is_told === 1 };
      }),
  };
};
