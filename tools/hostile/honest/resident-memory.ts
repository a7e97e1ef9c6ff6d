import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { COLLECT_SIGNAL } from './collect-on-signal.ts';

/** A full collection of a heap as small as an honest device's takes a few ten milliseconds. */
const COLLECTION_MS = 300;

/**
 * Memory of processes together once they have collected their garbage, bytes; those that are gone count nothing. Pages
 * of files, such as the code of a library, do not count: the system takes them back when it needs them. The processes
 * must have been started with `collect-on-signal.ts`. Linux only.
 */
export const heldBytes = async (pids: readonly number[]): Promise<number> => {
  for (const pid of pids) collectIn(pid);
  await pause(COLLECTION_MS);
  return pids.reduce((sum, pid) => sum + privateBytesOf(pid), 0);
};

const collectIn = (pid: number): void => {
  try {
    process.kill(pid, COLLECT_SIGNAL);
  } catch {
    // It is gone, and counts nothing.
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

/** Sockets of processes together. Linux only. */
export const openSockets = (pids: readonly number[]): number =>
  pids.flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)).filter(isSocket).length;

const isSocket = (path: string): boolean => {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    // Closed between the listing and the look.
    return false;
  }
};
