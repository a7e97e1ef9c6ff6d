import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A process, by what it was started for: a worker's name, or the program. */
export interface NamedProcess {
  readonly pid: number;
  readonly name: string;
}

const parentOf = (pid: number): number => {
  try {
    // Behind the name, which may hold anything: state and parent.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
};

const nameOf = (pid: number): string => {
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const program = args.findIndex((arg, index) => index > 0 && !arg.startsWith('-'));
  return args[program + 1] || basename(args[program] ?? '');
};

/** A process and all that came of it, as Linux tells it. */
export const processTree = (root: number): readonly NamedProcess[] => {
  const all = readdirSync('/proc').flatMap((entry) => (/^\d+$/.test(entry) ? [Number(entry)] : []));
  const parents = new Map(all.map((pid) => [pid, parentOf(pid)]));
  const found = [root];
  for (const pid of found) found.push(...all.filter((each) => parents.get(each) === pid));
  return found.map((pid) => ({ pid, name: nameOf(pid) }));
};

/** Memory of a process: its own pages, and its share of those it has in common with others. */
export const pssMebibytesOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1_024;
