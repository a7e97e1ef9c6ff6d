import { setTimeout as delay } from 'node:timers/promises';
import { LabNotEmptyError } from './errors.ts';
import { runTool } from './run-tool.ts';

/** How often a removal looks whether the killed processes are gone, and how many times at most: two seconds. */
const GONE_POLL_MS = 10;
const GONE_POLLS = 200;

/** One network namespace: interfaces, routes and firewall of its own, and the processes started in it. */
export interface Namespace {
  readonly name: string;
  /** What to put before a command so that it runs in here, with the same process id as without. */
  readonly within: readonly string[];
  /** Runs a shell script in here; it ends at the first command that fails. */
  script(text: string): Promise<string>;
  processIds(): Promise<readonly number[]>;
}

/** What every namespace begins with: loopback up, and no IPv6, whose router solicitations and delays no room is about. */
const BEGINNING = [
  'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6',
  'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6',
  'ip link set dev lo up',
].join('\n');

/** Adds namespaces, all or none. */
export const addNamespaces = async (names: readonly string[]): Promise<readonly Namespace[]> => {
  const namespaces = names.map(namespaceOf);
  try {
    await runTool('ip', ['-batch', '-'], names.map((name) => `netns add ${name}\n`).join(''));
    await Promise.all(namespaces.map(({ script }) => script(BEGINNING)));
  } catch (error) {
    await removeNamespaces(await existingAmong(names));
    throw error;
  }
  return namespaces;
};

/** Names of all namespaces there are, of anybody. */
export const namespaceNames = async (): Promise<readonly string[]> =>
  (await runTool('ip', ['netns', 'list'])).split('\n').flatMap((line) => line.split(' ')[0] || []);

/** Kills everything in the namespaces and removes them. @throws {@link LabNotEmptyError} when something does not end. */
export const removeNamespaces = async (names: readonly string[]): Promise<void> => {
  await Promise.all(names.map((name) => emptyOut(namespaceOf(name))));
  await runTool('ip', ['-batch', '-'], names.map((name) => `netns delete ${name}\n`).join(''));
};

const existingAmong = async (names: readonly string[]): Promise<readonly string[]> => {
  const existing = new Set(await namespaceNames());
  return names.filter((name) => existing.has(name));
};

const namespaceOf = (name: string): Namespace => {
  const within = ['ip', 'netns', 'exec', name];
  return {
    name,
    within,
    script: (text) => runTool('ip', ['netns', 'exec', name, 'sh', '-e'], `${text}\n`),
    processIds: async () => (await runTool('ip', ['netns', 'pids', name])).split('\n').filter(Boolean).map(Number),
  };
};

/** A process that forks while it is killed leaves a child behind, so it is asked again until nobody is left. */
const emptyOut = async ({ name, processIds }: Namespace): Promise<void> => {
  for (let poll = 0; poll < GONE_POLLS; poll += 1) {
    const left = await processIds();
    if (left.length === 0) return;
    for (const pid of left) signalProcess(pid, 'SIGKILL');
    await delay(GONE_POLL_MS);
  }
  throw new LabNotEmptyError(name, await processIds());
};

/** Signals a process; one that has ended meanwhile needs no signal. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};
