import type {
  DeviceId,
  PersistenceChannel,
  RequestInput,
  TimelineEntry,
  TimelineKind,
  TimelineRecord,
} from '@bowline/contracts';
import { z } from 'zod';
import { TIMELINE_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import type { PersistenceOptions } from './options.ts';
import { ROW_CHECKSUM } from './row-checksum.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** Lines in one request: more than happen in a second. */
const MAX_BATCH = 1_000;

/** How often it is looked for lines that are too old, milliseconds of the wall clock. */
const AGE_INTERVAL_MS = 3_600_000;

/** Lines in one answer; each is a few hundred bytes at most. */
const MAX_ANSWER = 10_000;

/** SQL: the lines that say whether a device is connected. */
const STANDING_KINDS = "'device.connected', 'device.disconnected'";

/** What happened to each device and to this one, bounded in age and in lines for each of them. */
export interface TimelineTable {
  append(input: RequestInput<PersistenceChannel, 'appendTimeline'>): void;
  read(input: RequestInput<PersistenceChannel, 'readTimeline'>): readonly TimelineEntry[];
  /** When this device was last known to run; `null` before the first word. */
  lastRunAtMs(): number | null;
}

export interface TimelineTableComponents {
  readonly database: StoreDatabase;
  readonly options: Pick<PersistenceOptions, 'timelineMaxEntries' | 'timelineMaxAgeMs'>;
}

const KINDS = {
  'host.started': true,
  'host.stopped': true,
  'device.paired': true,
  'device.connected': true,
  'device.disconnected': true,
  'path.changed': true,
  'route.changed': true,
  'device.renamed': true,
  'budget.crossed': true,
  'worker.restarted': true,
  'network.changed': true,
} as const satisfies Record<TimelineKind, true>;

const kind = z.enum(Object.keys(KINDS) as [TimelineKind, ...TimelineKind[]]);
const path = z.enum(['direct', 'relay']).nullable();
const cause = z.string().max(200).nullable();

const record: z.ZodType<TimelineRecord> = z.object({
  deviceId: stored.deviceId.nullable(),
  atMs: stored.timeMs,
  kind,
  path,
  relay: stored.relayUrl.nullable(),
  cause,
  durationMs: stored.count.nullable(),
});

const appendInput = z.object({ records: z.array(record).max(MAX_BATCH), atMs: stored.timeMs });
const readInput = z.object({ deviceId: stored.deviceId, sinceMs: stored.timeMs });

const timelineRow = z.object({
  at_ms: stored.timeMs,
  kind,
  path,
  relay: stored.relayUrl.nullable(),
  cause,
  duration_ms: stored.count.nullable(),
  is_whole: z.literal(1, 'not as it was stored'),
});

const positionRow = z.object({ position: stored.count.nullable() });
const lastRunRow = z.object({ at_ms: stored.timeMs });

export const timelineTable = ({ database, options }: TimelineTableComponents): TimelineTable => {
  const selectDevice = database.prepare('SELECT 1 FROM devices WHERE device_id = :deviceId');
  const selectPosition = database.prepare(
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'timeline'), 0) AS position",
  );
  const insert = database.prepare(`
    INSERT INTO timeline (position, device_id, at_ms, kind, path, relay, cause, duration_ms, checksum)
    VALUES (:position, :deviceId, :atMs, :kind, :path, :relay, :cause, :durationMs,
      ${ROW_CHECKSUM}(:position, :deviceId, :atMs, :kind, :path, :relay, :cause, :durationMs))`);
  // What says how a device stands is kept until something else says so: one may be connected for longer than lines are kept.
  const deleteOld = database.prepare(`
    DELETE FROM timeline WHERE at_ms < :oldestMs AND NOT (
      kind IN (${STANDING_KINDS}, 'device.paired', 'path.changed') AND NOT EXISTS (
        SELECT 1 FROM timeline AS later
        WHERE later.device_id = timeline.device_id AND later.position > timeline.position
          AND (later.kind IN (${STANDING_KINDS}) OR later.kind = timeline.kind)))`);
  const deleteMany = database.prepare(`
    DELETE FROM timeline WHERE device_id IS :deviceId AND position <= (
      SELECT position FROM timeline WHERE device_id IS :deviceId ORDER BY position DESC LIMIT 1 OFFSET :most)`);
  const putLastRun = database.prepare('INSERT OR REPLACE INTO last_run (id, at_ms) VALUES (1, :atMs)');
  const selectLastRun = database.prepare('SELECT at_ms FROM last_run');
  // How things stood then is told by the last line before it that says so.
  const selectStanding = database.prepare(`
    SELECT coalesce(
      max(position) FILTER (WHERE kind IN (${STANDING_KINDS})),
      max(position) FILTER (WHERE kind = 'device.paired')) AS position
    FROM timeline WHERE device_id = :deviceId AND at_ms < :sinceMs`);
  // Each half goes by the index of devices: a store that is full has hundreds of thousands of lines of others.
  const since = (whose: string): string => `
    SELECT position, at_ms, kind, path, relay, cause, duration_ms, checksum IS ${TIMELINE_CHECKSUM} AS is_whole
    FROM timeline INDEXED BY timeline_by_device
    WHERE ${whose} AND (at_ms >= :sinceMs OR position >= :standing)`;
  const selectFrom = database.prepare(`
    SELECT * FROM (
      ${since('device_id = :deviceId')} UNION ALL ${since('device_id IS NULL')}
      ORDER BY position DESC LIMIT ${MAX_ANSWER})
    ORDER BY position`);
  const rowOf = <T>(schema: z.ZodType<T>, row: unknown): T => parseRow(schema, row, 'timeline', database.file);

  let agedAtMs: number | null = null;

  const isKnown = (deviceId: DeviceId | null): boolean =>
    deviceId === null || selectDevice.get({ deviceId }) !== undefined;

  return {
    append: (input) => {
      const { records, atMs } = checkInput(appendInput, input, 'timeline');
      database.transaction(() => {
        let position = rowOf(positionRow, selectPosition.get()).position ?? 0;
        // One that was removed meanwhile has no timeline any more.
        const kept = records.filter(({ deviceId }) => isKnown(deviceId));
        for (const each of kept) {
          position += 1;
          insert.run({ position, ...each });
        }
        for (const deviceId of new Set(kept.map((each) => each.deviceId))) {
          deleteMany.run({ deviceId, most: options.timelineMaxEntries });
        }
        // A clock that was set back is looked at anew, too.
        if (agedAtMs === null || Math.abs(atMs - agedAtMs) >= AGE_INTERVAL_MS) {
          deleteOld.run({ oldestMs: Math.max(0, atMs - options.timelineMaxAgeMs) });
          agedAtMs = atMs;
        }
        putLastRun.run({ atMs });
      });
    },
    read: (input) => {
      const { deviceId, sinceMs } = checkInput(readInput, input, 'readTimeline');
      const { position } = rowOf(positionRow, selectStanding.get({ deviceId, sinceMs }));
      return selectFrom
        .all({ deviceId, sinceMs, standing: position ?? Number.MAX_SAFE_INTEGER })
        .map((row) => rowOf(timelineRow, row))
        .map(({ at_ms, duration_ms, is_whole: _whole, ...entry }) => ({
          ...entry,
          atMs: at_ms,
          durationMs: duration_ms,
        }));
    },
    lastRunAtMs: () => {
      const row = selectLastRun.get();
      return row === undefined ? null : rowOf(lastRunRow, row).at_ms;
    },
  };
};
