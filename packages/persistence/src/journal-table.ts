import type { EventPayload, JournalEntry, PersistenceChannel, RequestInput } from '@bowline/contracts';
import { z } from 'zod';
import { JOURNAL_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import { StoreDamagedError, StoreInputError } from './errors.ts';
import { isOver, JOURNAL_OWNER, type JournalOwner, type JournalSize, journalOwner, shareOf } from './journal-shares.ts';
import { jsonText } from './json-text.ts';
import type { PersistenceOptions } from './options.ts';
import { MAX_PAGE_BYTES, pageLimit } from './page.ts';
import { ROW_CHECKSUM } from './row-checksum.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** Most bytes of JSON in one entry: a message of 256 KiB with every byte escaped as six characters, and some. */
const MAX_DATA_BYTES = 2_097_152;

/** What a trim leaves of either bound, so that a full journal is not trimmed at every entry. */
const TRIM_RATIO = 0.9;

/** Entries of one owner that were cut, up to a position. */
export type JournalTrim = EventPayload<PersistenceChannel, 'journal.trimmed'>;

/** What was appended, and what was cut for it. */
export interface AppendOutcome {
  readonly position: number;
  readonly trims: readonly JournalTrim[];
}

/** What happened, oldest first, bounded in entries and bytes, for each owner and together. */
export interface JournalTable {
  append(input: RequestInput<PersistenceChannel, 'appendJournal'>): AppendOutcome;
  /** The same within the caller's transaction; who gives that up calls `reload`. */
  add(input: RequestInput<PersistenceChannel, 'appendJournal'>): AppendOutcome;
  reload(): void;
  /** At most `limit` entries and 4 MiB, oldest first; only an empty answer is the end. */
  read(afterPosition: number, limit: number): readonly JournalEntry[];
}

export interface JournalTableComponents {
  readonly database: StoreDatabase;
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

const sizeRow = z.object({
  owner: z.union([stored.deviceId, z.literal('pairing')]).nullable(),
  count: stored.count,
  sizeBytes: stored.count,
});
const newestRow = z.object({ position: stored.count });
const cutRow = z.object({ position: stored.count.nullable() });

const readRequest = z.object({ afterPosition: z.int().min(-1), limit: pageLimit });

export const journalTable = ({ database, options }: JournalTableComponents): JournalTable => {
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
  const selectSizes = database.prepare(`
    SELECT ${JOURNAL_OWNER} AS owner, count(*) AS count, sum(size_bytes) AS sizeBytes FROM journal GROUP BY owner`);
  // The newest entry of all always stays.
  const selectCut = database.prepare(`
    SELECT max(position) AS position FROM (
      SELECT position, row_number() OVER newest_first AS number, sum(size_bytes) OVER newest_first AS size
      FROM journal WHERE ${JOURNAL_OWNER} IS :owner WINDOW newest_first AS (ORDER BY position DESC))
    WHERE (number > :count OR size > :sizeBytes) AND position < (SELECT max(position) FROM journal)`);
  const deleteUpTo = database.prepare(`DELETE FROM journal WHERE position <= :position AND ${JOURNAL_OWNER} IS :owner`);

  const rowOf = <T>(schema: z.ZodType<T>, row: unknown): T => parseRow(schema, row, 'journal', database.file);
  const newestPosition = (): number => rowOf(newestRow, selectPosition.get()).position;
  const readSizes = () =>
    new Map(
      selectSizes.all().map((row) => {
        const { owner, ...size } = rowOf(sizeRow, row);
        return [owner as JournalOwner, size as JournalSize] as const;
      }),
    );
  let sizes = readSizes();
  const whole: JournalSize = { count: options.journalMaxEntries, sizeBytes: options.journalMaxBytes };

  /** Leaves an owner nine tenths of what is given. */
  const cut = (owner: JournalOwner, bound: JournalSize): readonly JournalTrim[] => {
    const left = { count: Math.floor(bound.count * TRIM_RATIO), sizeBytes: Math.floor(bound.sizeBytes * TRIM_RATIO) };
    const { position } = rowOf(cutRow, selectCut.get({ owner, ...left }));
    if (position === null) return [];
    deleteUpTo.run({ position, owner });
    sizes = readSizes();
    return [{ owner, upToPosition: position }];
  };

  const trim = (owner: JournalOwner): readonly JournalTrim[] => {
    const share = shareOf(owner, options);
    const trims = isOver(sizes.get(owner) ?? NOTHING, share) ? [...cut(owner, share)] : [];
    while (isOver(total(sizes), whole)) {
      const [largest, size] = [...sizes].reduce((one, other) => (other[1].sizeBytes > one[1].sizeBytes ? other : one));
      const further = cut(largest, size);
      if (further.length === 0) break;
      trims.push(...further);
    }
    return trims;
  };

  const add: JournalTable['add'] = (input) => {
    const entry = checkEntry(input);
    const position = newestPosition() + 1;
    insert.run({ ...entry, position });
    const owner = journalOwner(entry.event, entry.deviceId);
    const { count, sizeBytes } = sizes.get(owner) ?? NOTHING;
    sizes.set(owner, { count: count + 1, sizeBytes: sizeBytes + entry.sizeBytes });
    return { position, trims: trim(owner) };
  };
  const reload = (): void => {
    sizes = readSizes();
  };

  const entryOf = (row: unknown): JournalEntry => {
    const { position, at_ms, event, device_id, data } = rowOf(journalRow, row);
    return { position, atMs: at_ms, event, deviceId: device_id, data: parseData(data, database.file) };
  };

  return {
    append: (input) => {
      try {
        return database.transaction(() => add(input));
      } catch (error) {
        reload();
        throw error;
      }
    },
    add,
    reload,
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

const NOTHING: JournalSize = Object.freeze({ count: 0, sizeBytes: 0 });

const total = (sizes: ReadonlyMap<JournalOwner, JournalSize>): JournalSize => ({
  count: [...sizes.values()].reduce((sum, { count }) => sum + count, 0),
  sizeBytes: [...sizes.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

const parseData = (json: string, file: string): Readonly<Record<string, unknown>> => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(json));
  } catch (error) {
    throw new StoreDamagedError(file, 'an entry of the journal cannot be read', error);
  }
};
