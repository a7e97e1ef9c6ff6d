import { type Cancel, type DeviceId, errorMessage, type HostEvent, type TimelineRecord } from '@bowline/contracts';
import type { System } from '../system.ts';
import { type Standing, standingAfter, timelineRecordOf } from '../timeline-lines.ts';

/** Lines are written together, this long after the first of them, milliseconds. */
const WRITE_AFTER_MS = 1_000;

/** How often it is noted that this device runs, so that a crash tells when it was: off by at most this, milliseconds. */
const NOTE_RUN_INTERVAL_MS = 300_000;

/** Lines that wait to be written; more in a second are not kept, the oldest first. */
const MAX_WAITING = 1_000;

/** Keeps the timeline of every device. */
export interface TimelineKeeper {
  /** Writes what waits. */
  readonly save: () => Promise<void>;
  /** The same at the end of this device, which is a line of its own. */
  readonly end: () => Promise<void>;
  readonly cancel: Cancel;
}

/** Writes what happens to each device, and to this one, into the store: together, in order, and never while anybody waits. */
export const keepTimeline = (system: System): TimelineKeeper => {
  const { hub, peers, clock, parts, inBackground, logger } = system;
  const { persistence } = parts;
  const standings = new Map<DeviceId, Standing>();
  let waiting: TimelineRecord[] = [];
  let cancelWrite: Cancel | null = null;
  let cancelNote: Cancel = () => undefined;

  // A disk that is full loses lines of the timeline, and nothing else.
  const notWritten = (error: unknown): void => logger.debug({ reason: errorMessage(error) }, 'timeline not written');

  const append = (records: readonly TimelineRecord[]): Promise<void> =>
    persistence.client.request('appendTimeline', { records, atMs: clock.nowMs() });

  /** @param isDue whether it is written also when nothing happened, to say that this device runs */
  const write = (isDue = false): Promise<void> => {
    cancelWrite?.();
    cancelWrite = null;
    writing = writing
      .then(async () => {
        const records = waiting;
        waiting = [];
        if (records.length > 0 || isDue) await append(records);
      })
      .catch(notWritten);
    return writing;
  };

  const keep = (record: TimelineRecord): void => {
    waiting.push(record);
    if (waiting.length > MAX_WAITING) waiting.shift();
    cancelWrite ??= clock.setTimer(WRITE_AFTER_MS, () => inBackground('write timeline', () => write()), {
      unref: true,
    });
  };

  const ofThisDevice = (kind: 'host.started' | 'host.stopped', durationMs: number | null): TimelineRecord => ({
    deviceId: null,
    atMs: clock.nowMs(),
    kind,
    path: null,
    relay: null,
    cause: null,
    durationMs,
  });

  const onEvent = (told: HostEvent): void => {
    const nowMs = clock.nowMs();
    const record = timelineRecordOf(told, {
      nowMs,
      relayOf: (deviceId) => peers.get(deviceId)?.relayUrl ?? null,
      standingOf: (deviceId) => standings.get(deviceId),
    });
    if (record !== null) keep(record);
    const after = standingAfter(told, nowMs);
    if (after !== null) standings.set(after.deviceId, after.standing);
    if (told.event === 'device.removed') standings.delete(told.deviceId);
  };

  const noteRegularly = (): void => {
    cancelNote = clock.setTimer(
      NOTE_RUN_INTERVAL_MS,
      () => {
        inBackground('note that it runs', () => write(true));
        noteRegularly();
      },
      { unref: true },
    );
  };
  noteRegularly();

  /** Before anything else is written, because writing says that it runs. */
  const keepStart = async (): Promise<void> => {
    const { atMs } = await persistence.client.request('lastRun', {});
    await append([ofThisDevice('host.started', atMs === null ? null : Math.max(0, clock.nowMs() - atMs))]);
  };
  let writing: Promise<void> = keepStart().catch(notWritten);

  const cancel = hub.onAny(onEvent);
  return {
    save: () => write(),
    end: async () => {
      keep(ofThisDevice('host.stopped', null));
      await write();
    },
    cancel: () => {
      cancel();
      cancelWrite?.();
      cancelNote();
    },
  };
};
