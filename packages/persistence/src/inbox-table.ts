import type { DeviceId, InboxMessage, MessageUsage, PersistenceChannel, RequestInput } from '@bowline/contracts';
import { z } from 'zod';
import { INBOX_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import type { DeviceTable } from './device-table.ts';
import type { JournalTable, JournalTrim } from './journal-table.ts';
import { messageTotals } from './message-totals.ts';
import type { PersistenceOptions } from './options.ts';
import { MAX_PAGE_BYTES, pageLimit } from './page.ts';
import { ROW_CHECKSUM } from './row-checksum.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/**
 * Names of kept messages remembered of each device: more than a sender may have unacknowledged, so that every message
 * which may come again is among them.
 */
const MAX_RECEIVED_IDS = 1_024;

/** What came of a received message, and what was cut from the journal for it. */
export interface StoredMessageOutcome {
  readonly outcome: 'stored' | 'repeat' | 'full';
  readonly usage: MessageUsage;
  readonly trims: readonly JournalTrim[];
}

/** Messages that were delivered, until they are taken; each device has a bound of its own. */
export interface InboxTable {
  receive(input: RequestInput<PersistenceChannel, 'receiveMessage'>): StoredMessageOutcome;
  list(input: RequestInput<PersistenceChannel, 'listInbox'>): readonly InboxMessage[];
  take(positions: readonly number[]): readonly { readonly position: number; readonly deviceId: DeviceId }[];
  usage(): readonly ({ readonly deviceId: DeviceId } & MessageUsage)[];
}

export interface InboxTableComponents {
  readonly database: StoreDatabase;
  readonly devices: Pick<DeviceTable, 'advanceReceived'>;
  readonly journal: Pick<JournalTable, 'add' | 'reload'>;
  readonly options: Pick<PersistenceOptions, 'messagesMaxCount' | 'messagesMaxBytes'>;
}

const receiveInput = z.object({
  deviceId: stored.deviceId,
  deviceName: stored.name,
  atMs: stored.timeMs,
  messageId: stored.messageId.nullable(),
  payload: stored.payload,
});

const inboxRow = z.object({
  position: stored.count,
  device_id: stored.deviceId,
  device_name: stored.name,
  at_ms: stored.timeMs,
  payload: stored.bytes,
  is_whole: z.literal(1, 'not as it was stored'),
});

const listRequest = z.object({ deviceId: stored.deviceId.nullable(), afterPosition: stored.count, limit: pageLimit });
const takenRow = z.object({ position: stored.count, deviceId: stored.deviceId });
const positionRow = z.object({ position: stored.count });

export const inboxTable = ({ database, devices, journal, options }: InboxTableComponents): InboxTable => {
  const selectId = database.prepare(
    'SELECT 1 FROM received_ids WHERE device_id = :deviceId AND message_id = :messageId',
  );
  const insertId = database.prepare('INSERT INTO received_ids (device_id, message_id) VALUES (:deviceId, :messageId)');
  const trimIds = database.prepare(`
    DELETE FROM received_ids WHERE device_id = :deviceId AND number <= (
      SELECT number FROM received_ids WHERE device_id = :deviceId
      ORDER BY number DESC LIMIT 1 OFFSET ${MAX_RECEIVED_IDS})`);
  const selectPosition = database.prepare(
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'inbox'), 0) AS position",
  );
  const insert = database.prepare(`
    INSERT INTO inbox (position, device_id, device_name, at_ms, size_bytes, payload, checksum)
    VALUES (:position, :deviceId, :deviceName, :atMs, :sizeBytes, :payload,
      ${ROW_CHECKSUM}(:position, :deviceId, :deviceName, :atMs, :sizeBytes, :payload))`);
  // Within the bytes of a page; always one message.
  const selectPage = (where: string) =>
    database.prepare(`
      SELECT position, device_id, device_name, at_ms, payload, checksum IS ${INBOX_CHECKSUM} AS is_whole
      FROM inbox WHERE position IN (
        SELECT position FROM (
          SELECT position, size_bytes, sum(size_bytes) OVER (ORDER BY position) AS total
          FROM (SELECT position, size_bytes FROM inbox WHERE ${where} AND position > :afterPosition
            ORDER BY position LIMIT :limit))
        WHERE total <= ${MAX_PAGE_BYTES} OR total = size_bytes)
      ORDER BY position`);
  const selectAll = selectPage('true');
  const selectOfDevice = selectPage('device_id = :deviceId');
  const deleteOne = database.prepare(
    'DELETE FROM inbox WHERE position = :position RETURNING position, device_id AS deviceId',
  );
  const totals = messageTotals(database, 'inbox');
  const rowOf = <T>(schema: z.ZodType<T>, row: unknown): T => parseRow(schema, row, 'inbox', database.file);

  const isRepeat = (deviceId: DeviceId, messageId: string | null): boolean => {
    if (messageId === null) return false;
    if (selectId.get({ deviceId, messageId }) !== undefined) return true;
    insertId.run({ deviceId, messageId });
    trimIds.run({ deviceId });
    return false;
  };
  const hasRoom = ({ count, sizeBytes }: MessageUsage, more: number): boolean =>
    count < options.messagesMaxCount && sizeBytes + more <= options.messagesMaxBytes;

  return {
    receive: (input) => {
      const { deviceId, deviceName, atMs, messageId, payload } = checkInput(receiveInput, input, 'message');
      const sizeBytes = payload.length;
      const before = totals.of(deviceId);
      const answer = (
        outcome: StoredMessageOutcome['outcome'],
        trims: readonly JournalTrim[] = [],
      ): StoredMessageOutcome => ({
        outcome,
        usage: totals.of(deviceId),
        trims,
      });
      if (input.into === 'inbox' && !hasRoom(before, sizeBytes)) return answer('full');
      try {
        return database.transaction(() => {
          // Both move on, whichever of them knows it.
          const isNews = devices.advanceReceived(deviceId, input.received);
          if (!isNews || isRepeat(deviceId, messageId)) return answer('repeat');
          if (input.into === 'inbox') {
            const position = rowOf(positionRow, selectPosition.get()).position + 1;
            insert.run({ position, deviceId, deviceName, atMs, sizeBytes, payload });
            totals.added(deviceId, sizeBytes);
          }
          const { trims } = journal.add({ atMs, deviceId, ...input.note });
          return answer('stored', trims);
        });
      } catch (error) {
        totals.reload();
        journal.reload();
        throw error;
      }
    },
    list: (input) => {
      const { deviceId, ...range } = checkInput(listRequest, input, 'listInbox');
      const rows = deviceId === null ? selectAll.all(range) : selectOfDevice.all({ deviceId, ...range });
      return rows.map((row) => {
        const { position, device_id, device_name, at_ms, payload } = rowOf(inboxRow, row);
        return { position, deviceId: device_id, deviceName: device_name, atMs: at_ms, payload };
      });
    },
    take: (positions) => {
      const checked = checkInput(stored.positions, positions, 'positions');
      try {
        return database.transaction(() =>
          checked.flatMap((position) => {
            const row = deleteOne.get({ position });
            return row === undefined ? [] : [rowOf(takenRow, row)];
          }),
        );
      } finally {
        totals.reload();
      }
    },
    usage: () => totals.list(),
  };
};
