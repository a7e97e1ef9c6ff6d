import { readdirSync, readFileSync } from 'node:fs';
import { type NamedProcess, processTree } from '../daemon/process-tree.ts';
import { cpuMsOf } from '../streams/measured-peer.ts';

/** What a device has done so far, as Linux counts it. */
export interface Activity {
  /** How often its threads fell asleep of their own accord, which is how often they were woken, by process and thread. */
  readonly wakeUps: ReadonlyMap<string, number>;
  readonly cpuMs: number;
}

const threadsOf = ({ pid, name }: NamedProcess): readonly (readonly [string, number])[] =>
  readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    const thread = /^Name:\t(.*)$/m.exec(status)?.[1] ?? '';
    return [`${name}: ${thread} ${task}`, Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)?.[1])];
  });

/** All threads of a process and of all that came of it. */
export const activityOf = (root: number): Activity => {
  const processes = processTree(root);
  return { wakeUps: new Map(processes.flatMap(threadsOf)), cpuMs: cpuMsOf(processes.map(({ pid }) => pid)) };
};

/** Wake-ups of each thread between two looks, the busiest first; threads of one name are one. */
export const wakeUpsBetween = (before: Activity, after: Activity): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const [thread, count] of after.wakeUps) {
    const name = thread.replace(/ \d+$/, '');
    found.set(name, (found.get(name) ?? 0) + count - (before.wakeUps.get(thread) ?? 0));
  }
  return new Map([...found].sort((one, other) => other[1] - one[1]));
};
