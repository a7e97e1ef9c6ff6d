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
  /** Threads that did not hear of it in time. */
  readonly deafThreads: number;
}

/**
 * A thread that is at work hears of it in time, also where all of them collect at once on a machine that has other things to
 * do; one of a pool that waits for a task ends in time.
 */
const HEARING_MS = 30_000;

/** One that has just been started may have missed the first time that it was asked. */
const ASK_AGAIN_MS = 1_000;

interface Question {
  /** Whoever has answered one does not collect for it once more. */
  readonly round: number;
  readonly threadIds: readonly number[];
}

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

let round = 0;

const collectEverywhere = async (threads: ReadonlyMap<number, Worker>): Promise<Collected> => {
  round += 1;
  const awaited = new Set(threads.keys());
  const heard = Promise.withResolvers<void>();
  const settle = (id: number): boolean => {
    const wasAwaited = awaited.delete(id);
    if (awaited.size === 0) heard.resolve();
    return wasAwaited;
  };
  let liveBytes = 0;
  answers.onmessage = ({ data }: MessageEvent) => {
    const answer = data as Answer;
    if (settle(answer.threadId)) liveBytes += answer.liveBytes;
  };
  const leavers = [...threads].map(([id, thread]) => {
    const onExit = (): void => void settle(id);
    thread.once('exit', onExit);
    return () => thread.off('exit', onExit);
  });
  const ask = (): void => asks.postMessage({ round, threadIds: [...awaited] } satisfies Question);
  ask();
  liveBytes += collectHere();
  const asking = setInterval(ask, ASK_AGAIN_MS);
  const patience = setTimeout(heard.resolve, HEARING_MS);
  if (awaited.size > 0) await heard.promise;
  clearInterval(asking);
  clearTimeout(patience);
  for (const forget of leavers) forget();
  return { liveBytes, deafThreads: awaited.size };
};

if (isMainThread) {
  const dir = process.env[COLLECTED_DIR];
  const threads = new Map<number, Worker>();
  process.on('worker', (worker: Worker) => {
    // It has none any more when it has ended.
    const { threadId: id } = worker;
    threads.set(id, worker);
    worker.once('exit', () => threads.delete(id));
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
  let answered = 0;
  asks.onmessage = ({ data }: MessageEvent) => {
    const question = data as Question;
    if (question.round === answered || !question.threadIds.includes(threadId)) return;
    answered = question.round;
    answers.postMessage({ threadId, liveBytes: collectHere() } satisfies Answer);
  };
}
// None of it keeps a thread alive.
for (const channel of [asks, answers]) (channel as unknown as { unref(): void }).unref();
