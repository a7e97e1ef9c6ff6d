import type { DeviceId, JournalEntry, PersistenceChannel, RequestInput } from '@bowline/contracts';
import { z } from 'zod';
import { JOURNAL_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import type { DeviceTable } from './device-table.ts';
import { StoreDamagedError, StoreInputError } from './errors.ts';
import { jsonText } from './json-text.ts';
import type { PersistenceOptions } from './options.ts';
import { ROW_CHECKSUM } from './row-checksum.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** Most bytes of JSON in one entry: a message of 256 KiB with every byte escaped as six characters, and some. */
const MAX_DATA_BYTES = 2_097_152;

/** Most bytes of entries in one answer: half of the longest line a worker may write as JSON, which leaves room for what is around them. */
const MAX_PAGE_BYTES = 4_194_304;

/** What a trim leaves of either bound, so that a full journal is not trimmed at every entry. */
const TRIM_RATIO = 0.9;

/** What was appended, and how far the journal was cut for it. */
export interface AppendOutcome {
  readonly stored: boolean;
  /** The entry's position, or the newest one when nothing was stored; 0 while the journal has never held anything. */
  readonly position: number;
  readonly trimmedUpToPosition: number | null;
}

/** What happened, oldest first, bounded in entries and bytes. */
export interface JournalTable {
  append(input: RequestInput<PersistenceChannel, 'appendJournal'>): AppendOutcome;
  /** At most `limit` entries and 4 MiB, oldest first; only an empty answer is the end. */
  read(afterPosition: number, limit: number): readonly JournalEntry[];
}

export interface JournalTableComponents {
  readonly database: StoreDatabase;
  readonly devices: Pick<DeviceTable, 'advanceReceived'>;
  readonly options: Pick<PersistenceOptions, 'journalMaxEntries' | 'journalMaxBytes'>;
}

const eventName = z.string().regex(/^[A-Za-z][\w.]{0,63}$/, 'must be a dotted name of 1 to 64 characters');

const journalRow = z.object({
  position: stored.count,
  at_ms: stored.timeMs,
  event: eventName,
  device_id: stored.deviceId.nullable(),
  data: z.string(),
  is_whole: z.literal(1, 'not as it was stored'),
});

const totalsRow = z.object({ count: stored.count, size: stored.count });
const newestRow = z.object({ position: stored.count });
const cutRow = z.object({ position: stored.count.nullable() });

const readRequest = z.object({ afterPosition: z.int().min(-1), limit: z.int().min(1).max(1_000) });

export const journalTable = ({ database, devices, options }: JournalTableComponents): JournalTable => {
  const columns = `position, at_ms, event, device_id, data, checksum IS ${JOURNAL_CHECKSUM} AS is_whole`;
  // Within the bytes of a page, counted from the end that is asked for; always one entry, however large.
  const selectPage = (where: string, direction: 'ASC' | 'DESC') =>
    database.prepare(`
      SELECT ${columns} FROM (
        SELECT *, sum(size_bytes) OVER (ORDER BY position ${direction}) AS total
        FROM (SELECT * FROM journal ${where} ORDER BY position ${direction} LIMIT :limit))
      WHERE total <= ${MAX_PAGE_BYTES} OR total = size_bytes
      ORDER BY position`);
  const selectAfter = selectPage('WHERE position > :afterPosition', 'ASC');
  const selectNewest = selectPage('', 'DESC');
  const insert = database.prepare(`
    INSERT INTO journal (position, at_ms, event, device_id, data, size_bytes, checksum)
    VALUES (:position, :atMs, :event, :deviceId, :data, :sizeBytes,
      ${ROW_CHECKSUM}(:position, :atMs, :event, :deviceId, :sizeBytes, :data))`);
  const selectPosition = database.prepare(
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'journal'), 0) AS position",
  );
  const selectTotals = database.prepare('SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS size FROM journal');
  // The newest entry (number 1) always stays.
  const selectCut = database.prepare(`
    SELECT max(position) AS position FROM (
      SELECT position, row_number() OVER newest_first AS number, sum(size_bytes) OVER newest_first AS size
      FROM journal WINDOW newest_first AS (ORDER BY position DESC))
    WHERE number > 1 AND (number > :entries OR size > :bytes)`);
  const deleteUpTo = database.prepare('DELETE FROM journal WHERE position <= :position');

  const rowOf = <T>(schema: z.ZodType<T>, row: unknown): T => parseRow(schema, row, 'journal', database.file);
  const readTotals = () => rowOf(totalsRow, selectTotals.get());
  const newestPosition = (): number => rowOf(newestRow, selectPosition.get()).position;
  let totals = readTotals();

  const isOver = ({ count, size }: typeof totals): boolean =>
    count > options.journalMaxEntries || size > options.journalMaxBytes;

  const trim = (): number | null => {
    const bounds = {
      entries: Math.floor(options.journalMaxEntries * TRIM_RATIO),
      bytes: Math.floor(options.journalMaxBytes * TRIM_RATIO),
    };
    const { position } = rowOf(cutRow, selectCut.get(bounds));
    if (position !== null) deleteUpTo.run({ position });
    return position;
  };

  const entryOf = (row: unknown): JournalEntry => {
    const { position, at_ms, event, device_id, data } = rowOf(journalRow, row);
    return { position, atMs: at_ms, event, deviceId: device_id, data: parseData(data, database.file) };
  };

  return {
    append: (input) => {
      const entry = checkEntry(input);
      const outcome = database.transaction(() => {
        const { received } = input;
        const isNews = received === undefined || devices.advanceReceived(requireDevice(entry.deviceId), received);
        if (!isNews) return { stored: false, position: newestPosition(), trimmedUpToPosition: null, totals };
        const position = newestPosition() + 1;
        insert.run({ ...entry, position });
        const grown = { count: totals.count + 1, size: totals.size + entry.sizeBytes };
        const trimmedUpToPosition = isOver(grown) ? trim() : null;
        const next = trimmedUpToPosition === null ? grown : readTotals();
        return { stored: true, position, trimmedUpToPosition, totals: next };
      });
      // Only once the transaction is on disk.
      totals = outcome.totals;
      return outcome;
    },
    read: (afterPosition, limit) => {
      checkInput(readRequest, { afterPosition, limit }, 'readJournal');
      const rows = afterPosition === -1 ? selectNewest.all({ limit }) : selectAfter.all({ afterPosition, limit });
      return rows.map(entryOf);
    },
  };
};

const checkEntry = (input: RequestInput<PersistenceChannel, 'appendJournal'>) => {
  const event = checkInput(eventName, input.event, 'event');
  const data = jsonText(checkInput(z.record(z.string(), z.unknown()), input.data, 'data'), 'data');
  const sizeBytes = Buffer.byteLength(data) + event.length;
  if (sizeBytes > MAX_DATA_BYTES) throw new StoreInputError('data', `is longer than ${MAX_DATA_BYTES} bytes of JSON`);
  return {
    atMs: checkInput(stored.timeMs, input.atMs, 'atMs'),
    event,
    deviceId: checkInput(stored.deviceId.nullable(), input.deviceId, 'deviceId'),
    data,
    sizeBytes,
  };
};

const requireDevice = (deviceId: DeviceId | null): DeviceId => {
  if (deviceId === null) throw new StoreInputError('deviceId', 'must name the sender of what was received');
  return deviceId;
};

const parseData = (json: string, file: string): Readonly<Record<string, unknown>> => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(json));
  } catch (error) {
    throw new StoreDamagedError(file, 'an entry of the journal cannot be read', error);
  }
};
