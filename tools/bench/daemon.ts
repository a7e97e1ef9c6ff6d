/**
 * What a daemon costs that does nothing: `npm run bench daemon -- [--rounds 5] [--idle-seconds 30]`, on Linux.
 *
 * Runs what was built when it was (`npm run build`), else the sources, which start later and take more memory. The
 * device is alone: no relay, no peers, no mDNS. Prints one JSON object: milliseconds from a start to the daemon's first
 * line, which says that it serves commands, and of `bowline status`; memory (PSS, which counts shared pages once) of each
 * process; CPU milliseconds of all processes in an idle hour. `bare` is Node alone on this machine now, `boundedBy` says
 * what is left of a figure without Bowline's part.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { processTree, pssMebibytesOf } from './daemon/process-tree.ts';
import { cpuMsOf } from './streams/measured-peer.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, 'idle-seconds': { type: 'string', default: '30' } },
});
const ROUNDS = Number(values.rounds);
const IDLE_MS = Number(values['idle-seconds']) * 1_000;

/** What follows a start has to be over, and compiled code to be kept. */
const SETTLE_MS = 5_000;

const locate = (path: string): string => fileURLToPath(new URL(`../../apps/bowline/${path}`, import.meta.url));
const built = locate('dist/main.js');
const isBuilt = existsSync(built);
const program = isBuilt ? [built] : ['--conditions=bowline-source', locate('src/main.ts')];
const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-'));
// The condition that finds sources came with the environment, and compiled code is kept for this run alone.
const { NODE_OPTIONS: _sources, ...rest } = process.env;
const env = { ...rest, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), BOWLINE_DATA_DIR: join(folder, 'data') };

const run = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
const bowline = (...args: readonly string[]): ChildProcess => run([...program, ...args]);

const median = (numbers: readonly number[]): number =>
  Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
};

/** To the end of a program that has to succeed. */
const finish = async (child: ChildProcess): Promise<void> => {
  child.stdout?.resume();
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}`);
};

const repeat = async (work: () => Promise<number>): Promise<number> => {
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) figures.push(await work());
  return median(figures);
};

/** Those that run. */
const daemons = new Set<ChildProcess>();

const start = async (): Promise<{ readonly daemon: ChildProcess; readonly ms: number }> => {
  const daemon = bowline('up', '--json', '--relay', 'disabled', '--no-mdns', '--bind', '127.0.0.1', '--key', 'file');
  daemons.add(daemon);
  const { stdout } = daemon;
  if (stdout === null) throw new Error('the daemon has no output');
  const ended = once(daemon, 'exit').then(() => {
    throw new Error('the daemon ended before it was ready');
  });
  const ms = await timed(() => Promise.race([once(createInterface({ input: stdout }), 'line'), ended]));
  ended.catch(() => undefined);
  return { daemon, ms };
};
const stop = async (daemon: ChildProcess): Promise<void> => {
  daemons.delete(daemon);
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
};

/** Memory of three Node processes that do nothing, which is how many a daemon has. */
const bareMebibytes = async (): Promise<number> => {
  const children = [1, 2, 3].map(() => run(['-e', 'process.stdout.write("up"); setInterval(() => {}, 1e6)']));
  try {
    await Promise.all(children.map(({ stdout }) => once(stdout as NodeJS.ReadableStream, 'data')));
    return children.reduce((sum, { pid = 0 }) => sum + pssMebibytesOf(pid), 0);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
};

try {
  // The first start makes the device, and compiles.
  await stop((await start()).daemon);
  const startMs = await repeat(async () => {
    const { daemon, ms } = await start();
    await stop(daemon);
    return ms;
  });
  const { daemon } = await start();
  const statusMs = await repeat(() => timed(() => finish(bowline('status', '--json'))));
  await delay(SETTLE_MS);
  const tree = processTree(daemon.pid ?? 0);
  const pids = tree.map(({ pid }) => pid);
  const before = cpuMsOf(pids);
  await delay(IDLE_MS);
  const cpuMsPerHour = Math.round(((cpuMsOf(pids) - before) / IDLE_MS) * 3_600_000);
  const processes = tree.map(({ pid, name }) => ({ name, pssMebibytes: Math.round(pssMebibytesOf(pid)) }));
  const pssMebibytes = processes.reduce((sum, each) => sum + each.pssMebibytes, 0);
  const bare = {
    nodeStartMs: await repeat(() => timed(() => finish(run(['-e', '0'])))),
    threeProcessesMebibytes: Math.round(await bareMebibytes()),
  };
  const boundedBy = {
    startMs: `two starts of Node one after the other, the daemon's and its workers': ${2 * bare.nodeStartMs} ms`,
    statusMs: `one start of Node: ${bare.nodeStartMs} ms`,
    pssMebibytes: `three Node processes: ${bare.threeProcessesMebibytes} MiB`,
    cpuMsPerHour: 'looking at paths and addresses by the clock, since the binding does not tell of changes',
  };
  const figures = { from: isBuilt ? 'dist' : 'sources', startMs, statusMs, pssMebibytes, processes, cpuMsPerHour };
  process.stdout.write(`${JSON.stringify({ ...figures, bare, boundedBy })}\n`);
} finally {
  await Promise.all(Array.from(daemons, stop));
  rmSync(folder, { recursive: true, force: true });
}
