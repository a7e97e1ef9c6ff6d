/**
 * Thousands of devices on virtual time:
 * `npm run swarm -- [--seed N] [--devices N] [--hours H] [--short] [--fresh N] [--swarms N] [--plant NAME] [--household N]`.
 *
 * Real hosts, with every actor and every wire, in simulated networks, bear random faults while invariants are checked. With
 * `--short` every planted bug must be found first; then swarms of known seeds run, and after them fresh ones, from a seed that
 * is printed or given by `--fresh`, until the time of CI is over, or `--swarms` have run in all. It prints one JSON object on
 * standard output, and on standard error the timeline of the household in which something was wrong, and the command that
 * shows it again; then, or when a planted bug was not found, it exits with 1.
 */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { PLANTS } from './plants.ts';
import { printBreach, type SwarmInput, type SwarmReport } from './run-swarm.ts';
import { type Shards, shards } from './shards.ts';

/** What runs at once in one thread; more are more swarms. A household knows nothing of others, so this decides nothing. */
const SHARD_DEVICES = 100;

/** One swarm of the short form, and how many of them have seeds that were run before. */
const SHORT = { deviceCount: 40, hours: 10 } as const;
const KNOWN_SWARMS = 2;

/** Each of its swarms is run in so many parts, so that no core is left alone for long with the last one. */
const PARTS = 4;

/** When the short form begins no further swarm, milliseconds of real time; on a machine however slow there is one. */
const SHORT_BUDGET_MS = 75_000;

/** What CI has for it in all, milliseconds: what the figure is told for. */
const SHARE_MS = 180_000;

/** Swarms in which a planted bug must show itself, one after the other. */
const PLANTED = { deviceCount: 40, hours: 12, seeds: 4 } as const;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    devices: { type: 'string', default: '2000' },
    hours: { type: 'string', default: '10' },
    household: { type: 'string' },
    plant: { type: 'string' },
    short: { type: 'boolean', default: false },
    fresh: { type: 'string' },
    swarms: { type: 'string', default: '1000' },
  },
});

const numberOf = (name: 'seed' | 'devices' | 'hours' | 'household' | 'swarms' | 'fresh', text: string): number => {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${name} takes a number, not "${text}"`);
};

const input: SwarmInput = {
  seed: numberOf('seed', values.seed),
  deviceCount: numberOf('devices', values.devices),
  hours: numberOf('hours', values.hours),
  plant: values.plant ?? null,
  household: values.household === undefined ? null : numberOf('household', values.household),
};
if (input.plant !== null && !PLANTS.some(({ name }) => name === input.plant)) {
  throw new Error(`--plant takes one of ${PLANTS.map(({ name }) => name).join(', ')}`);
}

const startedMs = performance.now();
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const elapsed = (): string => `${((performance.now() - startedMs) / 1_000).toFixed(0)} s`;

/** The same household alone, up to the breach: what somebody looks at who looks for the reason. */
const retell = async (threads: Shards, { breach, input: ran }: SwarmReport): Promise<void> => {
  if (breach === null) return;
  say(printBreach(breach, ran));
  const alone: SwarmInput = { ...ran, household: breach.household };
  let isSame = false;
  await threads.run(once(alone), (report) => {
    isSame = report.breach?.what === breach.what;
    return false;
  });
  const { seed, deviceCount, hours, plant } = ran;
  const rest = `${isSame ? ` --household ${breach.household}` : ''}${plant === null ? '' : ` --plant ${plant}`}`;
  say(`again: npm run swarm -- --seed ${seed} --devices ${deviceCount} --hours ${hours}${rest}`);
};

const once = (only: SwarmInput): (() => SwarmInput | null) => {
  let left: SwarmInput | null = only;
  return () => {
    const given = left;
    left = null;
    return given;
  };
};

/** The planted bugs that no swarm has shown. */
const huntPlants = async (threads: Shards): Promise<readonly string[]> => {
  const waiting = PLANTS.map(({ name }) => ({ name, tries: 0 }));
  const missed: string[] = [];
  const next = (): SwarmInput | null => {
    const plant = waiting.shift();
    return plant === undefined
      ? null
      : { ...PLANTED, seed: input.seed + plant.tries, plant: plant.name, household: null };
  };
  await threads.run(next, ({ breach, input: ran }) => {
    const tries = ran.seed - input.seed + 1;
    if (breach !== null) say(`${elapsed()}: ${ran.plant} is found: ${breach.what}`);
    else if (tries < PLANTED.seeds) waiting.push({ name: ran.plant ?? '', tries });
    else missed.push(ran.plant ?? '');
    return true;
  });
  return missed;
};

const threads = shards(Math.min(availableParallelism(), 8));
const reports: SwarmReport[] = [];
let missed: readonly string[] = [];
if (values.short) missed = await huntPlants(threads);

/** One seed after the other, each a part of what was asked for. */
const everyPart = (): (() => SwarmInput | null) => {
  let seed = input.seed;
  let left = input.deviceCount;
  return () => {
    if (left <= 0) return null;
    const deviceCount = Math.min(left, SHARD_DEVICES);
    left -= deviceCount;
    seed += 1;
    return { ...input, seed: seed - 1, deviceCount };
  };
};

/** Known seeds, and then fresh ones for as long as there is time. */
const knownAndFresh = (): (() => SwarmInput | null) => {
  const mostSwarms = numberOf('swarms', values.swarms);
  const fresh = values.fresh === undefined ? randomInt(2 ** 31) : numberOf('fresh', values.fresh);
  let begun = 0;
  let parts: readonly SwarmInput[] = [];
  say(`fresh seeds from ${fresh}`);
  const begin = (): readonly SwarmInput[] => {
    const isOver = begun > 0 && performance.now() - startedMs > SHORT_BUDGET_MS;
    if (isOver || begun >= mostSwarms) return [];
    const seed = begun < KNOWN_SWARMS ? input.seed + begun : fresh + begun - KNOWN_SWARMS;
    begun += 1;
    return Array.from({ length: PARTS }, (_, index) => ({ ...input, ...SHORT, seed, part: { index, count: PARTS } }));
  };
  return () => {
    if (parts.length === 0) parts = begin();
    const [next = null, ...rest] = parts;
    parts = rest;
    return next;
  };
};

const nextSwarm = (): (() => SwarmInput | null) => {
  if (input.household !== null || input.plant !== null) return once(input);
  return values.short ? knownAndFresh() : everyPart();
};
const swarmsBeganMs = performance.now();
await threads.run(nextSwarm(), (report) => {
  reports.push(report);
  const { seed, part } = report.input;
  const name = part === undefined ? `${seed}` : `${seed}, part ${part.index + 1} of ${part.count}`;
  say(`${elapsed()}: seed ${name}: ${report.deviceHours.toFixed(0)} device-hours`);
  return report.breach === null;
});

const swarmsMs = performance.now() - swarmsBeganMs;

const failed = reports.filter(({ breach }) => breach !== null);
for (const report of failed) await retell(threads, report);
await threads.end();

const sum = (of: (report: SwarmReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
const linkedAfterMs = reports.flatMap((report) => report.linkedAfterMs).sort((one, other) => one - other);
const share = (ratio: number): number | null =>
  linkedAfterMs[Math.min(linkedAfterMs.length - 1, Math.floor(ratio * linkedAfterMs.length))] ?? null;

process.stdout.write(
  `${JSON.stringify(
    {
      deviceHours: Math.round(sum(({ deviceHours }) => deviceHours)),
      deviceHoursInShare: Math.round((sum(({ deviceHours }) => deviceHours) / swarmsMs) * SHARE_MS),
      devices: sum(({ devices }) => devices),
      swarms: new Set(reports.map(({ input: { seed } }) => seed)).size,
      faults: sum(({ faults }) => faults),
      links: sum(({ connections }) => connections),
      messages: sum(({ messages }) => messages),
      streams: sum(({ streams }) => streams),
      pairings: sum(({ pairings }) => pairings),
      linkedAfterMs: { p50: share(0.5), p95: share(0.95), p99: share(0.99), worst: linkedAfterMs.at(-1) ?? null },
      breaches: failed.map(({ breach }) => breach?.what),
      ...(values.short ? { plants: PLANTS.length, plantsMissed: missed } : {}),
      elapsedMs: Math.round(performance.now() - startedMs),
    },
    null,
    2,
  )}\n`,
);
// A plant that was asked for is there to be found.
const isExpected = input.plant !== null;
process.exitCode = failed.length > 0 !== isExpected || missed.length > 0 ? 1 : 0;
