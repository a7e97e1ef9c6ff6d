/**
 * What streams between two hosts cost over the binding's own: `npm run bench streams -- [--rounds 3] [--mebibytes 32]`.
 *
 * All kinds run between two processes on 127.0.0.1 and take turns, so that all see the same machine. A stream is sent,
 * ended, and answered with one byte. Prints one JSON object of medians: MB/s of one stream, CPU milliseconds a MB of all
 * processes of both sides, milliseconds of a small request, and of 100 streams of 256 KiB at once the whole time and how the
 * slowest compares with the median. `bare` is the binding in the process that sends, `behind` the binding in a process of
 * its own with nothing else: what separates the two is the price of the trips between processes, and what separates
 * `behind` from `ours` is Bowline's. `tcp` is the same where streams that carry much may use TCP.
 * `ratio` is ours divided by bare; latency and CPU are better the lower. `relayed` is ours
 * through one of two relays, and `relayDeath` the longest times without an echo, one word every 5 ms, while nothing happens
 * (`calmMs`) and while the relay in use is killed (`killedMs`). Both are `null` where the two find a direct path, as on a
 * machine that does not keep UDP from its own loopback.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ChildCommand, childCommand } from '../../apps/bowline/src/demo/child-command.ts';
import { cpuMsOf, type Order, type TaskResult } from './streams/measured-peer.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, mebibytes: { type: 'string', default: '32' } },
});
const BYTES = Number(values.mebibytes) * 1_048_576;
const SMALL_BYTES = 100;
const SMALL_REQUESTS = 200;
/** Pairing has just happened, and what follows it has to be over. */
const IDLE_SETTLE_MS = 2_000;
const IDLE_MS = 10_000;
/** How long an echo runs, milliseconds. */
const ECHO_FOR_MS = 3_000;
const MANY = { streams: 100, atOnce: true, bytes: 262_144 } as const;

const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-'));
const children: ChildProcess[] = [];
let tasks = 0;

interface Pair {
  readonly source: ChildProcess;
  readonly pids: readonly number[];
}

const start = async (program: string, args: readonly string[]): Promise<{ child: ChildProcess; address: unknown }> => {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [...args]);
  children.push(child);
  const [{ address }] = (await once(child, 'message')) as [{ readonly address: unknown }];
  return { child, address };
};

const ask = async <T>(child: ChildProcess, task: Order): Promise<T> => {
  tasks += 1;
  const id = tasks;
  child.send({ id, task });
  for (;;) {
    const [answer] = (await once(child, 'message')) as [{ readonly id?: number; readonly result: T }];
    if (answer.id === id) return answer.result;
  }
};

const pairOf = async (sink: Awaited<ReturnType<typeof start>>, source: ChildProcess): Promise<Pair> => ({
  source,
  pids: [...(await ask<number[]>(sink.child, 'pids')), ...(await ask<number[]>(source, 'pids'))],
});

const bare = async (program: string): Promise<Pair> => {
  const sink = await start(program, ['sink']);
  const source = await start(program, ['source', JSON.stringify(sink.address)]);
  return pairOf(sink, source.child);
};

/** @param relays by their URLs; with some of them there is no other way */
const ours = async (name: string, relays: readonly string[] = [], transport = 'quic'): Promise<Pair> => {
  const peer = (role: string, told: string) =>
    start('./streams/bowline-peer.ts', [role, join(folder, `${name}-${role}`), told, relays.join(','), transport]);
  const sink = await peer('sink', '');
  const source = await peer('source', String(sink.address));
  return pairOf(sink, source.child);
};

/** A relay of ours on a free port, and what ends it. */
const relay = async (): Promise<{ readonly url: string; readonly command: ChildCommand }> => {
  const command = childCommand(['relay', 'serve', '--bind', '127.0.0.1', '--port', '0']);
  const { url } = await command.line(({ event }) => event === 'listening');
  return { url: String(url), command };
};

/** Kills the relay in use, and tells how long nothing came back. */
const relayDeath = async ({ source }: Pair, relays: Awaited<ReturnType<typeof relay>>[]) => {
  const calmMs = await ask<number>(source, { echoForMs: ECHO_FOR_MS });
  const inUse = await ask<string | null>(source, 'relay');
  const dying = relays.find(({ url }) => url === inUse);
  if (dying === undefined) return null;
  const echoing = ask<number>(source, { echoForMs: ECHO_FOR_MS });
  await delay(ECHO_FOR_MS / 2);
  dying.command.process.kill('SIGKILL');
  return { calmMs: Math.round(calmMs), killedMs: Math.round(await echoing) };
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const measure = async ({ source, pids }: Pair) => {
  const before = cpuMsOf(pids);
  const bulk = await ask<TaskResult>(source, { streams: 1, atOnce: false, bytes: BYTES });
  const cpuMs = cpuMsOf(pids) - before;
  const small = await ask<TaskResult>(source, { streams: SMALL_REQUESTS, atOnce: false, bytes: SMALL_BYTES });
  const many = await ask<TaskResult>(source, MANY);
  return {
    megabytesPerSecond: BYTES / 1_000 / bulk.elapsedMs,
    cpuMsPerMegabyte: cpuMs / (BYTES / 1e6),
    smallRequestMs: median(small.eachMs),
    manyMs: many.elapsedMs,
    manySlowestToMedian: Math.max(...many.eachMs) / median(many.eachMs),
  };
};

type Figures = Awaited<ReturnType<typeof measure>>;

const medians = (rounds: readonly Figures[]): Figures => {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Figures)[];
  const pairs = names.map((name) => [name, Number(median(rounds.map((figures) => figures[name])).toFixed(2))]);
  return Object.fromEntries(pairs) as Figures;
};

const ratioOf = (some: Figures, others: Figures): Figures => {
  const names = Object.keys(some) as (keyof Figures)[];
  const pairs = names.map((name) => [name, Number((some[name] / others[name]).toFixed(2))]);
  return Object.fromEntries(pairs) as Figures;
};

/** CPU of all processes of both sides while one stream is open and silent, milliseconds a second. */
const idleCpuMsPerSecond = async ({ source, pids }: Pair): Promise<number> => {
  await ask(source, 'hold');
  await delay(IDLE_SETTLE_MS);
  const before = cpuMsOf(pids);
  await delay(IDLE_MS);
  return Number(((cpuMsOf(pids) - before) / (IDLE_MS / 1_000)).toFixed(1));
};

const relays = [await relay(), await relay()];
try {
  const pairs = {
    bare: await bare('./streams/bare-peer.ts'),
    behind: await bare('./streams/behind-peer.ts'),
    ours: await ours('direct'),
    tcp: await ours('tcp', [], 'tcp'),
    relayed: await ours(
      'relayed',
      relays.map(({ url }) => url),
    ),
  };
  const rounds: Record<keyof typeof pairs, Figures[]> = { bare: [], behind: [], ours: [], tcp: [], relayed: [] };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const kind of ['bare', 'behind', 'ours', 'tcp', 'relayed'] as const)
      rounds[kind].push(await measure(pairs[kind]));
  }
  const [bareFigures, behindFigures, ourFigures] = [medians(rounds.bare), medians(rounds.behind), medians(rounds.ours)];
  const figures = {
    bare: bareFigures,
    behind: behindFigures,
    ours: { ...ourFigures, idleCpuMsPerSecond: await idleCpuMsPerSecond(pairs.ours) },
    tcp: medians(rounds.tcp),
    relayed: (await ask<string | null>(pairs.relayed.source, 'relay')) === null ? null : medians(rounds.relayed),
    relayDeath: await relayDeath(pairs.relayed, relays),
    ratio: ratioOf(ourFigures, bareFigures),
    ratioToBehind: ratioOf(ourFigures, behindFigures),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  const gone = children.map((child) => once(child, 'exit'));
  // A peer ends with its channel, and a host takes its workers with it.
  for (const child of children) if (child.connected) child.disconnect();
  await Promise.all([...gone, ...relays.map(({ command }) => command.end())]);
  rmSync(folder, { recursive: true, force: true });
}
