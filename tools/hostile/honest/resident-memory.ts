import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { COLLECT_SIGNAL } from './collect-on-signal.ts';

/** A full collection of a heap as small as an honest device's takes a few ten milliseconds. */
const COLLECTION_MS = 300;

/**
 * Resident memory of processes together once they have collected their garbage, bytes; those that are gone count
 * nothing. They must have been started with `collect-on-signal.ts`. Linux only.
 */
export const heldBytes = async (pids: readonly number[]): Promise<number> => {
  for (const pid of pids) collectIn(pid);
  await pause(COLLECTION_MS);
  return pids.reduce((sum, pid) => sum + residentBytesOf(pid), 0);
};

const collectIn = (pid: number): void => {
  try {
    process.kill(pid, COLLECT_SIGNAL);
  } catch {
    // It is gone, and counts nothing.
  }
};

const residentBytesOf = (pid: number): number => {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1_024;
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
