/**
 * Hostile clients against our relay: `npm run hostile:relay [-- --short] [-- --only NAME] [-- --control]` (Linux).
 *
 * The relay is `bowline relay serve` with its usual limits, a fresh one for each attack; honest clients use it all the while. What must
 * hold: they are served, newcomers get in, memory stays within what the limits allow, nothing of the attack remains.
 * Prints a line for each attack on standard error and one JSON object on standard output; exits with 1 when something
 * did not hold. `--control` takes the limits away, or freezes the relay, and exits with 1 unless that is noticed.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { badFrames } from './attacks/bad-frames.ts';
import { connectsFromMany, connectsFromOne } from './attacks/connects.ts';
import { deafReaders } from './attacks/deaf-readers.ts';
import { forgedLogins } from './attacks/forged-logins.ts';
import { slowWriters } from './attacks/slow-writers.ts';
import type { Fortune } from './bystanders.ts';
import { MAX_PENDING, MEBIBYTE, pause, type RelayAttack, type Scale } from './relay-attack.ts';
import { startTarget, type Target } from './target.ts';
import { watch } from './watch.ts';

const SAMPLE_MS = 100;

/** Longer than the handshake deadline, after which nothing of an attack is left. */
const RECOVERY_MS = 20_000;

/** Honest clients alone, before and after an attack. */
const CALM_MS = 1_500;
const FREEZE_MS = 6_000;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    control: { type: 'boolean', default: false },
  },
});
const scale: Scale = values.short ? 'short' : 'full';

const frozenRelay: RelayAttack = {
  name: 'a relay that is frozen',
  allowedGrowthBytes: 64 * MEBIBYTE,
  allowedPending: MAX_PENDING,
  defenceless: {},
  run: async ({ target }) => {
    target.process.kill('SIGSTOP');
    await pause(FREEZE_MS);
    target.process.kill('SIGCONT');
  },
};

const ATTACKS = [connectsFromOne, connectsFromMany, forgedLogins, badFrames, deafReaders(scale), slowWriters];

interface Verdict {
  readonly attack: string;
  readonly breaches: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly growthMebibytes: number;
  readonly allowedMebibytes: number;
  readonly mostPending: number;
  readonly bystanders: Fortune;
  readonly elapsedMs: number;
}

const startBystanders = async ({ url, port }: Target) => {
  const child = fork(fileURLToPath(new URL('bystanders.ts', import.meta.url)), [url, String(port)]);
  const report = async (): Promise<Fortune> => {
    child.send('report');
    return ((await once(child, 'message')) as [Fortune])[0];
  };
  await once(child, 'message');
  await pause(CALM_MS);
  await report();
  return { report, end: () => child.disconnect() };
};

const recover = async (target: Target, breach: (what: string) => void): Promise<void> => {
  const endsAtMs = performance.now() + RECOVERY_MS;
  const left = async (): Promise<number> =>
    (await target.metric('clients')) + (await target.metric('pending_connections'));
  // The two honest clients, and a newcomer that happens to be there.
  while ((await left()) > 3 && performance.now() < endsAtMs) await pause(SAMPLE_MS);
  const remaining = await left();
  if (remaining > 3) breach(`${remaining - 2} connections were left behind`);
  const queued = await target.metric('queued_bytes');
  if (queued > 0) breach(`${queued} bytes wait for nobody`);
};

const carryOut = async (attack: RelayAttack, limits: Readonly<Record<string, unknown>>): Promise<Verdict> => {
  const breaches = new Set<string>();
  const counts: Record<string, number> = {};
  const breach = (what: string): void => void breaches.add(what);
  const startedAtMs = performance.now();
  const target = await startTarget(limits);
  try {
    const bystanders = await startBystanders(target);
    const before = target.residentBytes();
    const watching = watch(target);
    await attack.run({
      scale,
      target,
      breach,
      tally: (what, count = 1) => {
        counts[what] = (counts[what] ?? 0) + count;
      },
    });
    await pause(CALM_MS);
    const fortune = await bystanders.report();
    await recover(target, breach);
    const most = await watching.end();
    bystanders.end();
    const growthBytes = most.residentBytes - before;
    if (growthBytes > attack.allowedGrowthBytes) breach('memory grew beyond what the limits allow');
    if (most.pending > attack.allowedPending) breach(`${most.pending} connections waited to log in at once`);
    if (!fortune.isServed) breach('an honest client lost its login');
    if (fortune.late > 0 || fortune.answered === 0) breach('datagrams of honest clients came late or not at all');
    if (fortune.keptOut > 0) breach(`${fortune.keptOut} of ${fortune.newcomers} newcomers were kept out`);
    return {
      attack: attack.name,
      breaches: [...breaches],
      counts,
      growthMebibytes: Math.round(growthBytes / MEBIBYTE),
      allowedMebibytes: Math.round(attack.allowedGrowthBytes / MEBIBYTE),
      mostPending: most.pending,
      bystanders: fortune,
      elapsedMs: Math.round(performance.now() - startedAtMs),
    };
  } finally {
    await target.end();
  }
};

const lineOf = ({
  attack,
  breaches,
  counts,
  growthMebibytes,
  allowedMebibytes,
  bystanders,
  elapsedMs,
}: Verdict): string => {
  const happened = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  const memory = `+${growthMebibytes} of ${allowedMebibytes} MiB`;
  const { answered, medianMs, worstMs, newcomers, keptOut } = bystanders;
  const others = `${answered} round trips, ${medianMs.toFixed(1)} ms, at most ${worstMs.toFixed(0)} ms; ${newcomers - keptOut} of ${newcomers} newcomers served`;
  const head = `${breaches.length === 0 ? 'held    ' : 'BREACHED'} ${attack} (${(elapsedMs / 1_000).toFixed(1)} s)`;
  return [`${head}: ${[...happened, memory, others].join('; ')}`, ...breaches.map((each) => `         ! ${each}`)].join(
    '\n',
  );
};

const chosen = (values.control ? [...ATTACKS, frozenRelay] : ATTACKS).filter(
  ({ name, defenceless }) => name.includes(values.only) && (!values.control || defenceless !== null),
);
const verdicts: Verdict[] = [];
for (const attack of chosen) {
  const verdict = await carryOut(attack, values.control ? (attack.defenceless ?? {}) : {});
  verdicts.push(verdict);
  process.stderr.write(`${lineOf(verdict)}\n`);
}
const isAsExpected = verdicts.every(({ breaches }) => breaches.length > 0 === values.control);
process.stdout.write(`${JSON.stringify({ isAsExpected, control: values.control, scale, verdicts }, null, 2)}\n`);
process.exitCode = isAsExpected ? 0 : 1;
