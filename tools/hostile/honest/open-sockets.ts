import { readdirSync, readlinkSync } from 'node:fs';

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
