import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { COLLECT_SIGNAL, type Collected } from './collect-on-signal.ts';

/** Far longer than a collection takes on a machine that has other things to do. */
const COLLECTION_MS = 90_000;

/** As far longer than the seconds after which a pool's threads end that have no task. */
const HEARING_MS = 90_000;

const LOOK_MS = 20;

/** What processes hold together. */
export interface HeldMemory {
  /** What the system has given them, bytes, without pages of files such as the code of a library, which it takes back when it needs them. */
  readonly residentBytes: number;
  /** What is alive in the heaps of their threads and in buffers, bytes: what was held once and is free now does not count. */
  readonly liveBytes: number;
}

/**
 * What processes hold once each of their threads has collected its garbage, and threads that wait for nothing but a task
 * have ended; processes that are gone count nothing. They must have been started with `collect-on-signal.ts`, and say in
 * `collectedDir` that they have. Linux only.
 */
export const heldMemory = async (pids: readonly number[], collectedDir: string): Promise<HeldMemory> => {
  const endAtMs = performance.now() + HEARING_MS;
  for (;;) {
    const collected = await Promise.all(pids.map((pid) => collectIn(pid, join(collectedDir, String(pid)))));
    // What a thread holds that has not heard of it would be missing, or be garbage.
    if (collected.every((each) => each === null || each.deafThreads === 0)) {
      return {
        residentBytes: pids.reduce((sum, pid) => sum + privateBytesOf(pid), 0),
        liveBytes: collected.reduce((sum, each) => sum + (each?.liveBytes ?? 0), 0),
      };
    }
    if (performance.now() > endAtMs) throw new Error('there are threads that do not collect their garbage');
  }
};

/** `null` for a process that is gone. */
const collectIn = async (pid: number, file: string): Promise<Collected | null> => {
  rmSync(file, { force: true });
  const endAtMs = performance.now() + COLLECTION_MS;
  if (!signal(pid, COLLECT_SIGNAL)) return null;
  while (!existsSync(file)) {
    if (!signal(pid, 0)) return null;
    if (performance.now() > endAtMs) throw new Error(`process ${pid} does not collect its garbage`);
    await pause(LOOK_MS);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Collected;
};

const signal = (pid: number, which: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, which);
  } catch {
    return false;
  }
};

const privateBytesOf = (pid: number): number => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].map(([, count]) => Number(count));
    return kibibytes.reduce((sum, count) => sum + count, 0) * 1_024;
  } catch {
    return 0;
  }
};
