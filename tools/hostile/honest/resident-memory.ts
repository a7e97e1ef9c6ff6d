import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Resident memory of processes together, bytes; those that are gone count nothing. Linux only. */
export const residentBytes = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + residentBytesOf(pid), 0);

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
