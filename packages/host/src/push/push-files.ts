import { type Clock, errorCode, type PushProgress, type PushResult } from '@bowline/contracts';
import { AbortError } from '../errors.ts';
import type { SmallFileJobs } from '../finite-jobs.ts';
import type { OwnStream } from '../services/device-stream.ts';
import { PushIncompleteError } from './errors.ts';
import { pushItem } from './push-item.ts';
import { pushPlan } from './push-plan.ts';
import { sendPush } from './send-push.ts';

/** How long a push that was begun goes on to try without getting anything across, milliseconds: as long as a stream waits. */
const PATIENCE_MS = 300_000;

/** The same while the device says that it receives nothing: it does so for a moment when it starts anew. */
const REFUSED_PATIENCE_MS = 15_000;

/** Between two tries, milliseconds. */
const PAUSE_MS = 500;

/** Paths that a result names at most. */
const MAX_NAMED = 500;

/** Nothing is won by trying again. */
const FINAL: ReadonlySet<string | undefined> = new Set([
  'ABORT_ERR',
  'DEVICE_REMOVED',
  'DEVICE_UNKNOWN',
  'HOST_NOT_RUNNING',
  'PUSH_PROTOCOL_ERROR',
  'PUSH_STOPPED',
  'SERVICES_STOPPED',
  'SERVICES_UNSUPPORTED',
  'WIRE_FORMAT_INVALID',
]);

/** A stream to a receiver. */
export interface PushStream {
  readonly stream: OwnStream;
  /** Whether the receiver takes files whose hash it is not told before. */
  readonly takesUnhashed: boolean;
}

interface PushFilesComponents {
  readonly clock: Clock;
  readonly open: () => Promise<PushStream>;
  /** Names this run of the sender: random, of 16 bytes. */
  readonly run: Uint8Array;
  /** Counts the pushes of this run. */
  readonly push: number;
  readonly onProgress: (progress: PushProgress) => void;
  readonly jobs: Pick<SmallFileJobs, 'readSmallFiles'>;
  readonly signal: AbortSignal;
}

/** Pushes files and folders over as many streams as it takes. */
export const pushFiles = async (paths: readonly string[], components: PushFilesComponents): Promise<PushResult> => {
  const { clock, open, run, push, onProgress, jobs, signal } = components;
  const beganMs = clock.monotonicMs();
  const plan = await pushPlan(paths, signal);
  const items = plan.entries.map(pushItem);
  const totalFiles = items.filter(({ entry }) => !entry.isFolder).length;
  const savedAs: { path: string; savedAs: string }[] = [];
  const failed: { path: string; reason: string }[] = [];
  let files = 0;
  let savedBytes = 0;
  let bytes = 0;
  let furthest = -1;
  let movedAtMs = beganMs;
  let hasBegun = false;

  const tell = (): void => {
    // What is sent again is not counted as progress.
    if (bytes + files > furthest) {
      furthest = bytes + files;
      movedAtMs = clock.monotonicMs();
    }
    onProgress({ files, totalFiles, bytes, totalBytes: plan.bytes });
  };
  const watcher = {
    moved: (more: number): void => {
      bytes += more;
      tell();
    },
    settled: (item: (typeof items)[number]): void => {
      const { entry, state, reason } = item;
      if (state === 'failed') failed.push({ path: entry.source, reason: reason ?? 'unknown' });
      else {
        files += 1;
        savedBytes += item.sizeBytes;
        const [asked, got] = [entry.path.join('/'), (item.savedAs ?? entry.path).join('/')];
        if (asked !== got && savedAs.length < MAX_NAMED) savedAs.push({ path: asked, savedAs: got });
      }
      tell();
    },
  };

  for (;;) {
    if (signal.aborted) throw new AbortError(signal);
    try {
      const { stream, takesUnhashed } = await open();
      hasBegun = true;
      await sendPush(stream, items, { run, push, takesUnhashed, watcher, jobs, signal });
      break;
    } catch (error) {
      if (signal.aborted) throw new AbortError(signal);
      const code = errorCode(error);
      const patienceMs = code === 'SERVICE_REFUSED' ? REFUSED_PATIENCE_MS : PATIENCE_MS;
      const isFinal = FINAL.has(code) || code === undefined;
      if (!hasBegun || isFinal || clock.monotonicMs() - movedAtMs > patienceMs) throw error;
    }
    await pause(clock, signal);
  }
  if (failed.length > 0) throw new PushIncompleteError(failed);
  const elapsedMs = Math.round(clock.monotonicMs() - beganMs);
  return { files, bytes: savedBytes, elapsedMs, savedAs, skipped: plan.skipped.slice(0, MAX_NAMED) };
};

const pause = (clock: Clock, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.setTimer(PAUSE_MS, resolve);
    signal.addEventListener(
      'abort',
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
