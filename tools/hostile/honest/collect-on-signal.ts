/**
 * Loaded first into every process and every thread of an honest device: a signal makes it collect its garbage, so that
 * what is measured is what it holds, and say in a file named after the process that it has.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, threadId, type Worker } from 'node:worker_threads';

export const COLLECT_SIGNAL = 'SIGUSR2';

/** The variable that names the folder of those files. */
export const COLLECTED_DIR = 'BOWLINE_HOSTILE_COLLECTED_DIR';

/** What a process says once it has collected its garbage. */
export interface Collected {
  /** What its threads hold in their heaps and in buffers, bytes. */
  readonly liveBytes: number;
  /** Threads that did not hear of it, such as those of a pool that wait for a task. */
  readonly deafThreads: number;
}

/** A thread that is at work hears of it in time, or the next time. */
const HEARING_MS = 2_000;

interface Answer {
  readonly threadId: number;
  readonly liveBytes: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (how: object) => void;

/** As V8 does it before it runs out of memory: pages that became empty go back to the system. */
const collectHere = (): number => {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
};

const asks = new BroadcastChannel('collect');
const answers = new BroadcastChannel('collected');

const collectEverywhere = async (threads: ReadonlySet<Worker>): Promise<Collected> => {
  const awaited = new Set([...threads].map((each) => each.threadId));
  const heard = Promise.withResolvers<void>();
  const patience = setTimeout(heard.resolve, HEARING_MS);
  let liveBytes = 0;
  answers.onmessage = ({ data }: MessageEvent) => {
    const answer = data as Answer;
    if (!awaited.delete(answer.threadId)) return;
    liveBytes += answer.liveBytes;
    if (awaited.size === 0) heard.resolve();
  };
  asks.postMessage(null);
  liveBytes += collectHere();
  if (awaited.size > 0) await heard.promise;
  clearTimeout(patience);
  return { liveBytes, deafThreads: awaited.size };
};

if (isMainThread) {
  const dir = process.env[COLLECTED_DIR];
  const threads = new Set<Worker>();
  process.on('worker', (worker: Worker) => {
    threads.add(worker);
    worker.once('exit', () => threads.delete(worker));
  });
  process.on(COLLECT_SIGNAL, () => {
    void collectEverywhere(threads).then((collected) => {
      if (dir === undefined) return;
      const file = join(dir, String(process.pid));
      writeFileSync(`${file}.part`, JSON.stringify(collected));
      renameSync(`${file}.part`, file);
    });
  });
} else {
  asks.onmessage = () => answers.postMessage({ threadId, liveBytes: collectHere() } satisfies Answer);
}
// None of it keeps a thread alive.
for (const channel of [asks, answers]) (channel as unknown as { unref(): void }).unref();
