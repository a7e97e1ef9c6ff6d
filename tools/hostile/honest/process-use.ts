import { readFileSync } from 'node:fs';

/** What processes have used since they started. */
export interface ProcessUse {
  /** Bytes that were given to the disk. */
  readonly writtenBytes: number;
  readonly cpuMs: number;
}

/** Ticks of `/proc/PID/stat` are hundredths of a second on every Linux. */
const TICK_MS = 10;

/** Fields of user and system time, counted from behind the name of the program, which may hold blanks. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** Together; those that are gone count nothing. Linux only. */
export const processUse = (pids: readonly number[]): ProcessUse => {
  const uses = pids.map(useOf);
  return {
    writtenBytes: uses.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0),
    cpuMs: uses.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
};

const useOf = (pid: number): ProcessUse => {
  try {
    const [, written = '0'] = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8')) ?? [];
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[USER_TIME] ?? 0) + Number(fields[SYSTEM_TIME] ?? 0);
    return { writtenBytes: Number(written), cpuMs: ticks * TICK_MS };
  } catch {
    return { writtenBytes: 0, cpuMs: 0 };
  }
};
