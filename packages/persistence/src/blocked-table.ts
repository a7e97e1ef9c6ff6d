import {
  type BlockedDevice,
  type Clock,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  errorMessage,
  type Logger,
} from '@bowline/contracts';
import { z } from 'zod';
import type { BlockedFile } from './blocked-file.ts';
import { BLOCKED_CHECKSUM } from './checksums.ts';
import type { CountedDatabase } from './counted-database.ts';
import { DeviceBlockedError, StoreDamagedError, StoreLimitError } from './errors.ts';
import { ROW_CHECKSUM } from './row-checksum.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** Most devices that are blocked: more than a person keeps out by hand, and the list fits into the room kept on a full disk. */
const MAX_BLOCKED = 1_000;

/** The devices that are kept out, in the order they were blocked. */
export interface BlockedTable {
  list(): readonly BlockedDevice[];
  /** Blocks an endpoint, and forgets the device if it is one. It may use the room kept on a full disk. */
  block(endpointId: EndpointId): BlockedDevice;
  /** Answers whether it was blocked. */
  unblock(deviceId: DeviceId): boolean;
  /** @throws {@link DeviceBlockedError} */
  requireFree(endpointId: EndpointId): void;
}

export interface BlockedTableComponents {
  readonly database: CountedDatabase;
  readonly file: BlockedFile;
  readonly clock: Clock;
  readonly logger: Logger;
}

const blockedRow = z.object({
  device_id: stored.deviceId,
  endpoint_id: stored.endpointId,
  name: stored.name.nullable(),
  blocked_at_ms: stored.timeMs,
  is_whole: z.literal(1, 'not as it was stored'),
});

/**
 * Who is blocked stands in the database and in a file beside it, and is blocked when either says so: so nothing that
 * becomes of one of them lets anybody in. A block is written to the database first, and taken back in the file first.
 */
export const blockedTable = ({ database, file, clock, logger }: BlockedTableComponents): BlockedTable => {
  const COLUMNS = `device_id, endpoint_id, name, blocked_at_ms, checksum IS ${BLOCKED_CHECKSUM} AS is_whole`;
  const selectAll = database.prepare(`SELECT ${COLUMNS} FROM blocked ORDER BY blocked_at_ms, device_id`);
  const selectOne = database.prepare('SELECT 1 FROM blocked WHERE device_id = :deviceId');
  const selectDevice = database.prepare('SELECT name FROM devices WHERE device_id = :deviceId');
  const deleteDevice = database.prepare('DELETE FROM devices WHERE device_id = :deviceId');
  const insert = database.prepare(`
    INSERT INTO blocked (device_id, endpoint_id, name, blocked_at_ms, checksum)
    VALUES (:deviceId, :endpointId, :name, :blockedAtMs, ${ROW_CHECKSUM}(:deviceId, :endpointId, :name, :blockedAtMs))
    ON CONFLICT DO NOTHING`);
  const deleteOne = database.prepare('DELETE FROM blocked WHERE device_id = :deviceId');

  const list = (): readonly BlockedDevice[] =>
    selectAll.all().map((row) => {
      const { device_id: id, endpoint_id, name, blocked_at_ms } = parseRow(blockedRow, row, 'blocked', database.file);
      if (deviceIdOf(endpoint_id) !== id) {
        throw new StoreDamagedError(database.file, 'a blocked device does not have the id of its endpoint');
      }
      return { id, endpointId: endpoint_id, name, blockedAtMs: blocked_at_ms };
    });
  const isBlocked = (deviceId: DeviceId): boolean => selectOne.get({ deviceId }) !== undefined;
  const put = ({ id: deviceId, endpointId, name, blockedAtMs }: BlockedDevice): void => {
    insert.run({ deviceId, endpointId, name, blockedAtMs });
    deleteDevice.run({ deviceId });
  };
  const writeFile = (): void => {
    try {
      file.write(list());
    } catch (error) {
      // The database has it; the next start or change makes up for it.
      logger.warn({ reason: errorMessage(error) }, 'list of blocked devices is not kept twice yet');
    }
  };

  /** What a backup that was put back, or a crash, left in one of the two places only. */
  const reconcile = (): void => {
    const outside = file.read();
    const missing = (outside ?? []).filter(({ id }) => !isBlocked(id));
    if (missing.length > 0) {
      logger.warn({ count: missing.length }, 'devices stay blocked that the database had no longer');
      database.removing(() => missing.forEach(put));
    }
    const inside = list();
    if (inside.length !== (outside ?? []).length) writeFile();
  };
  reconcile();

  return {
    list,
    block: (input) => {
      const endpointId = checkInput(stored.endpointId, input, 'endpointId');
      const deviceId = deviceIdOf(endpointId);
      const known = list();
      const before = known.find(({ id }) => id === deviceId);
      if (before !== undefined) return before;
      if (known.length >= MAX_BLOCKED) throw new StoreLimitError('blocked devices', MAX_BLOCKED);
      const device = selectDevice.get({ deviceId }) as { readonly name: string } | undefined;
      const blocked = { id: deviceId, endpointId, name: device?.name ?? null, blockedAtMs: Math.trunc(clock.nowMs()) };
      database.removing(() => put(blocked));
      writeFile();
      return blocked;
    },
    unblock: (deviceId) => {
      if (!isBlocked(deviceId)) return false;
      file.write(list().filter(({ id }) => id !== deviceId));
      database.lasting(() => deleteOne.run({ deviceId }));
      return true;
    },
    requireFree: (endpointId) => {
      const deviceId = deviceIdOf(endpointId);
      if (isBlocked(deviceId)) throw new DeviceBlockedError(deviceId);
    },
  };
};
