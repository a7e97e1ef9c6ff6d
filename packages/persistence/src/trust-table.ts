import type { DeviceId, DeviceTrust, DeviceTrustChange } from '@bowline/contracts';
import { z } from 'zod';
import { TRUST_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import { parseRow, stored } from './stored-values.ts';

/** What a person decided and noted of each device; it goes with the device. Writes run within the caller's transaction. */
export interface TrustTable {
  of(deviceId: DeviceId): DeviceTrust;
  ofAll(): ReadonlyMap<DeviceId, DeviceTrust>;
  put(deviceId: DeviceId, change: DeviceTrustChange): void;
}

/** Longest note, UTF-16 code units. */
const MAX_NOTE_CHARACTERS = 500;

/** Longest claim, characters. */
const MAX_CLAIM_CHARACTERS = 160;

/** What a request may change; what is left out stays, `null` takes it back. */
export const trustChangeInput = z.strictObject({
  pairingId: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .optional(),
  note: z.string().min(1).max(MAX_NOTE_CHARACTERS).nullable().optional(),
  comparedAtMs: stored.timeMs.nullable().optional(),
  permissions: z.strictObject({ relay: z.enum(['allow', 'deny']).optional() }).optional(),
  claim: z.string().min(1).max(MAX_CLAIM_CHARACTERS).optional(),
});

const trustRow = z.object({
  device_id: stored.deviceId,
  pairing_id: z.string().nullable(),
  note: z.string().nullable(),
  compared_at_ms: stored.timeMs.nullable(),
  permissions: z.string().transform((text): unknown => JSON.parse(text)),
  claim: z.string().nullable(),
  is_whole: z.literal(1, 'not as it was stored'),
});

/** Written by this table alone, and guarded by the row's checksum; a later release may know more of them. */
const permissionsRow = z.looseObject({ relay: z.enum(['allow', 'deny']).optional() }).catch({});

const NOTHING: DeviceTrust = Object.freeze({});

export const trustTable = (database: StoreDatabase): TrustTable => {
  const COLUMNS = `device_id, pairing_id, note, compared_at_ms, permissions, claim, checksum IS ${TRUST_CHECKSUM} AS is_whole`;
  const selectAll = database.prepare(`SELECT ${COLUMNS} FROM device_trust`);
  const selectOne = database.prepare(`SELECT ${COLUMNS} FROM device_trust WHERE device_id = :deviceId`);
  const put = database.prepare(`
    INSERT INTO device_trust (device_id, pairing_id, note, compared_at_ms, permissions, claim, checksum)
    VALUES (:deviceId, :pairingId, :note, :comparedAtMs, :permissions, :claim, x'')
    ON CONFLICT DO UPDATE SET pairing_id = excluded.pairing_id, note = excluded.note,
      compared_at_ms = excluded.compared_at_ms, permissions = excluded.permissions, claim = excluded.claim`);
  const setChecksum = database.prepare(
    `UPDATE device_trust SET checksum = ${TRUST_CHECKSUM} WHERE device_id = :deviceId`,
  );

  const read = (row: unknown): readonly [DeviceId, DeviceTrust] => {
    const parsed = parseRow(trustRow, row, 'device_trust', database.file);
    const { device_id, pairing_id, note, compared_at_ms, claim } = parsed;
    const { relay } = permissionsRow.parse(parsed.permissions);
    return [
      device_id,
      {
        ...(pairing_id === null ? {} : { pairingId: pairing_id }),
        ...(note === null ? {} : { note }),
        ...(compared_at_ms === null ? {} : { comparedAtMs: compared_at_ms }),
        ...(relay === undefined ? {} : { permissions: { relay } }),
        ...(claim === null ? {} : { claim }),
      },
    ];
  };
  const of = (deviceId: DeviceId): DeviceTrust => {
    const row = selectOne.get({ deviceId });
    return row === undefined ? NOTHING : read(row)[1];
  };

  return {
    of,
    ofAll: () => new Map(selectAll.all().map(read)),
    put: (deviceId, change) => {
      const { pairingId, note, comparedAtMs, permissions, claim } = { ...of(deviceId), ...change };
      put.run({
        deviceId,
        pairingId: pairingId ?? null,
        note: note ?? null,
        comparedAtMs: comparedAtMs ?? null,
        permissions: JSON.stringify(permissions ?? {}),
        claim: claim ?? null,
      });
      setChecksum.run({ deviceId });
    },
  };
};
