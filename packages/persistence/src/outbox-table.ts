import type {
  DeviceId,
  MessageUsage,
  OutboxMessage,
  PersistenceChannel,
  Random,
  RequestInput,
  RequestOutput,
} from '@bowline/contracts';
import { z } from 'zod';
import { OUTBOX_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import { DeviceUnknownError, OutboxFullError } from './errors.ts';
import { messageTotals } from './message-totals.ts';
import type { PersistenceOptions } from './options.ts';
import { MAX_PAGE_BYTES, pageLimit } from './page.ts';
import { ROW_CHECKSUM } from './row-checksum.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** Bytes of a message's name: no two are ever the same. */
const MESSAGE_ID_BYTES = 16;

/** Messages that this device keeps until they are delivered; they go with the device they are for. */
export interface OutboxTable {
  keep(input: RequestInput<PersistenceChannel, 'keepMessage'>): RequestOutput<PersistenceChannel, 'keepMessage'>;
  list(input: RequestInput<PersistenceChannel, 'listOutbox'>): readonly OutboxMessage[];
  forget(positions: readonly number[]): void;
  usage(): readonly ({ readonly deviceId: DeviceId } & MessageUsage)[];
}

export interface OutboxTableComponents {
  readonly database: StoreDatabase;
  readonly random: Random;
  readonly options: Pick<PersistenceOptions, 'messagesMaxCount' | 'messagesMaxBytes'>;
}

const keepInput = z.object({ deviceId: stored.deviceId, atMs: stored.timeMs, payload: stored.payload });

const outboxRow = z.object({
  position: stored.count,
  message_id: stored.messageId,
  at_ms: stored.timeMs,
  payload: stored.bytes,
  is_whole: z.literal(1, 'not as it was stored'),
});

const listRequest = z.object({ deviceId: stored.deviceId, afterPosition: stored.count, limit: pageLimit });
const positionRow = z.object({ position: stored.count });

export const outboxTable = ({ database, random, options }: OutboxTableComponents): OutboxTable => {
  const selectDevice = database.prepare('SELECT 1 FROM devices WHERE device_id = :deviceId');
  const selectPosition = database.prepare(
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) AS position",
  );
  const insert = database.prepare(`
    INSERT INTO outbox (position, device_id, message_id, at_ms, size_bytes, payload, checksum)
    VALUES (:position, :deviceId, :messageId, :atMs, :sizeBytes, :payload,
      ${ROW_CHECKSUM}(:position, :deviceId, :messageId, :atMs, :sizeBytes, :payload))`);
  const selectPage = database.prepare(`
    SELECT position, message_id, at_ms, payload, checksum IS ${OUTBOX_CHECKSUM} AS is_whole
    FROM outbox WHERE position IN (
      SELECT position FROM (
        SELECT position, size_bytes, sum(size_bytes) OVER (ORDER BY position) AS total
        FROM (SELECT position, size_bytes FROM outbox WHERE device_id = :deviceId AND position > :afterPosition
          ORDER BY position LIMIT :limit))
      WHERE total <= ${MAX_PAGE_BYTES} OR total = size_bytes)
    ORDER BY position`);
  const deleteOne = database.prepare('DELETE FROM outbox WHERE position = :position');
  const totals = messageTotals(database, 'outbox');
  const rowOf = <T>(schema: z.ZodType<T>, row: unknown): T => parseRow(schema, row, 'outbox', database.file);

  return {
    keep: (input) => {
      const { deviceId, atMs, payload } = checkInput(keepInput, input, 'message');
      const sizeBytes = payload.length;
      const messageId = Buffer.from(random.bytes(MESSAGE_ID_BYTES)).toString('hex');
      const position = database.transaction(() => {
        if (selectDevice.get({ deviceId }) === undefined) throw new DeviceUnknownError(deviceId);
        // Counted here: removing a device takes its messages along.
        totals.reload();
        const usage = totals.of(deviceId);
        const isFull =
          usage.count >= options.messagesMaxCount || usage.sizeBytes + sizeBytes > options.messagesMaxBytes;
        if (isFull) throw new OutboxFullError(deviceId, usage);
        const next = rowOf(positionRow, selectPosition.get()).position + 1;
        insert.run({ position: next, deviceId, messageId, atMs, sizeBytes, payload });
        return next;
      });
      totals.added(deviceId, sizeBytes);
      return { position, messageId, usage: totals.of(deviceId) };
    },
    list: (input) => {
      const { deviceId, ...range } = checkInput(listRequest, input, 'listOutbox');
      return selectPage.all({ deviceId, ...range }).map((row) => {
        const { position, message_id, at_ms, payload } = rowOf(outboxRow, row);
        return { position, deviceId, messageId: message_id, atMs: at_ms, payload };
      });
    },
    forget: (positions) => {
      const checked = checkInput(stored.positions, positions, 'positions');
      try {
        database.transaction(() => {
          for (const position of checked) deleteOne.run({ position });
        });
      } finally {
        totals.reload();
      }
    },
    usage: () => {
      totals.reload();
      return totals.list();
    },
  };
};
