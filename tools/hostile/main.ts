/**
 * A hostile tester: `npm run hostile [-- --short] [-- --only NAME] [-- --without NAME] [-- --rounds N]`.
 *
 * Honest devices are real hosts, each in a process of its own, on loopback. The attacker has raw iroh endpoints and
 * knows everything that is broadcast, and not the code. It prints one line for each attack on standard error and one
 * JSON object at the end on standard output; it exits with 1 when anything happened that must not. The same devices bear
 * every attack of every round, and their memory is held against what it was before the first. The flooder of a network
 * comes last, once, in namespaces with devices of its own, where this program may add them (root).
 */
import { parseArgs } from 'node:util';
import { persistence } from '@bowline/persistence';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { actorHarness, memoryLogger } from '@bowline/testing';
import { whyNoLab } from '@bowline/testing/network-lab';
import { aftermath, inMebibytes, MAX_GROWTH, type Memory, memoryOf, pairHonestly, partAll } from './aftermath.ts';
import type { Attack, Scale } from './attack.ts';
import { codeHolder } from './attacks/code-holder.ts';
import { flooder } from './attacks/flooder.ts';
import { forgerInLaterStates, forgerWhileOffering } from './attacks/forger.ts';
import { forgingInitiator } from './attacks/forging-initiator.ts';
import { hostilePeer } from './attacks/hostile-peer.ts';
import { hostilePusher } from './attacks/hostile-pusher.ts';
import { relayNamedByOthers } from './attacks/hostile-relay.ts';
import { insider } from './attacks/insider.ts';
import { localUser } from './attacks/local-user.ts';
import { manInTheMiddle } from './attacks/man-in-the-middle.ts';
import { replayer } from './attacks/replayer.ts';
import { rogueInitiatorAlone, rogueInitiatorBeside, rogueInitiatorBesideTicket } from './attacks/rogue-initiator.ts';
import { rogueJoiner } from './attacks/rogue-joiner.ts';
import { slowSender } from './attacks/slow-sender.ts';
import { tcpStranger } from './attacks/tcp-stranger.ts';
import { useHonestly } from './honest-use.ts';
import { lanFlooder } from './lan/lan-flooder.ts';
import { offerOf, openStage, type Stage } from './stage.ts';

const ATTACKS: readonly Attack[] = [
  codeHolder,
  rogueJoiner,
  rogueInitiatorBeside,
  rogueInitiatorBesideTicket,
  rogueInitiatorAlone,
  manInTheMiddle,
  replayer,
  forgerWhileOffering,
  forgerInLaterStates,
  forgingInitiator,
  insider,
  relayNamedByOthers,
  localUser,
  slowSender,
  flooder,
  tcpStranger,
  hostilePeer,
  hostilePusher,
];

/** The program ends by itself even if an honest device hangs, milliseconds. */
const WATCHDOG_MS: Readonly<Record<Scale, number>> = { short: 600_000, full: 1_800_000 };

/** Has a network of its own, and devices of its own on it. */
const LAN_FLOODER = 'LAN flooder';

/** Pairings before memory is first looked at, after the first of which devices do with each other once whatever they can. */
const WARM_UP_PAIRINGS = 3;

interface Verdict {
  readonly attack: string;
  readonly isHeld: boolean;
  readonly breaches: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  readonly pairedAfterwardsInMs: number | null;
  readonly growthMebibytes: MemoryMebibytes;
}

/** By the name of the device. */
type MemoryMebibytes = Readonly<Record<string, { readonly resident: number; readonly live: number }>>;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    without: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '1' },
  },
});
const scale: Scale = values.short ? 'short' : 'full';
const rounds = Number(values.rounds);
if (!(rounds >= 1)) throw new Error('--rounds must be a number above zero');

/** A leak larger than what must not be is made and mended, to see that both would be seen. */
const demandMemoryIsSeen = async ({ joiner }: Stage): Promise<void> => {
  const heldWith = async (sizeBytes: number) => {
    await joiner.call('hold', sizeBytes);
    return joiner.held();
  };
  const before = await heldWith(0);
  const during = await heldWith(2 * MAX_GROWTH.residentBytes);
  const after = await heldWith(0);
  for (const kind of ['residentBytes', 'liveBytes'] as const) {
    if (during[kind] - before[kind] < MAX_GROWTH.residentBytes)
      throw new Error(`memory that a device holds is not seen (${kind})`);
    if (during[kind] - after[kind] < MAX_GROWTH.residentBytes)
      throw new Error(`memory that a device gave back is not seen (${kind})`);
  }
};

const warmUp = async (stage: Stage): Promise<Memory> => {
  for (const initiator of ['announced', 'silent'] as const) {
    for (let count = 0; count < WARM_UP_PAIRINGS; count += 1) {
      const attack = { initiator, policy: 'accept' } as const;
      const offer = await offerOf(stage.initiatorOf(attack), 'accept');
      await pairHonestly(stage, attack, offer, (what) => {
        throw new Error(`before any attack: ${what}`);
      });
      if (count === 0) await useHonestly(stage.initiatorOf(attack), stage.joiner);
      await partAll(stage);
    }
  }
  await demandMemoryIsSeen(stage);
  return memoryOf(stage);
};

const rounded = (memory: Memory): MemoryMebibytes =>
  Object.fromEntries(
    Object.entries(memory).map(([name, { residentBytes, liveBytes }]) => [
      name,
      { resident: inMebibytes(residentBytes), live: inMebibytes(liveBytes) },
    ]),
  );

const carryOut = async (stage: Stage, attack: Attack, warm: Memory): Promise<Verdict> => {
  const breaches = new Set<string>();
  const counts = new Map<string, number>();
  const notes = {
    breach: (what: string) => void breaches.add(what),
    tally: (what: string, times = 1) => void counts.set(what, (counts.get(what) ?? 0) + times),
  };
  const startedAtMs = performance.now();
  const { scene, end } = await stage.open(attack, scale, notes);
  let pairedAfterwardsInMs: number | null = null;
  let growth: Memory = {};
  try {
    const code = await attack.run(scene);
    const after = await aftermath(stage, attack, scene, code, warm);
    pairedAfterwardsInMs = after.pairedInMs === null ? null : Math.round(after.pairedInMs);
    growth = after.growth;
  } catch (error) {
    breaches.add(`the attack could not be carried out: ${String(error)}`);
  } finally {
    await end();
  }
  return {
    attack: attack.name,
    isHeld: breaches.size === 0,
    breaches: [...breaches],
    counts: Object.fromEntries(counts),
    elapsedMs: Math.round(performance.now() - startedAtMs),
    pairedAfterwardsInMs,
    growthMebibytes: rounded(growth),
  };
};

const lineOf = ({ attack, isHeld, breaches, counts, elapsedMs, pairedAfterwardsInMs, growthMebibytes }: Verdict) => {
  const happened = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  const [resident, live] = (['resident', 'live'] as const).map((kind) =>
    Math.max(0, ...Object.values(growthMebibytes).map((growth) => growth[kind])),
  );
  const growth = `+${resident} MiB, ${live} alive`;
  const facts = `${happened.join(', ')}; then paired in ${pairedAfterwardsInMs ?? '–'} ms; ${growth}`;
  const line = `${isHeld ? 'held    ' : 'BREACHED'} ${attack} (${(elapsedMs / 1_000).toFixed(1)} s): ${facts}`;
  return [line, ...breaches.map((breach) => `         ! ${breach}`)].join('\n');
};

const floodLan = async (): Promise<Verdict> => {
  const startedAtMs = performance.now();
  const { breaches, facts } = await lanFlooder(scale).catch((error: unknown) => ({
    breaches: [`the attack could not be carried out: ${String(error)}`],
    facts: [],
  }));
  return {
    attack: LAN_FLOODER,
    isHeld: breaches.length === 0,
    breaches,
    counts: Object.fromEntries(facts.map((fact) => [fact, 1])),
    elapsedMs: Math.round(performance.now() - startedAtMs),
    pairedAfterwardsInMs: null,
    growthMebibytes: {},
  };
};

/** What the stores hold once everything is over, pending records included: the honest devices part after every attack. */
const storedDevices = async (dataDirs: readonly string[]): Promise<number> => {
  let count = 0;
  for (const dataDir of dataDirs) {
    const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
    const store = actorHarness((given) => persistence({ dataDir })(given), components);
    await store.actor.start();
    count += (await store.client.request('listDevices', {})).devices.length;
    await store.actor.stop();
  }
  return count;
};

const watchdog = setTimeout(() => {
  process.stderr.write('the hostile tester took too long and gives up\n');
  process.exit(1);
}, WATCHDOG_MS[scale] * rounds);

const chosen = ATTACKS.filter(
  ({ name }) => name.includes(values.only) && !values.without.some((each) => name.includes(each)),
);
const noLab = whyNoLab();
const isFloodChosen = LAN_FLOODER.includes(values.only) && !values.without.some((each) => LAN_FLOODER.includes(each));
if (chosen.length === 0 && !isFloodChosen) throw new Error(`no attack is called like "${values.only}"`);
const startedAtMs = performance.now();
await using stage = await openStage();
const warm = await warmUp(stage);
process.stderr.write(`ready in ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s\n`);
const verdicts: Verdict[] = [];
const mayFlood = isFloodChosen && noLab === null;
let flood: Promise<Verdict> | null = null;
for (const attack of Array.from({ length: rounds }, () => chosen).flat()) {
  // It is slow by waiting, and leaves the machine to others.
  if (attack === slowSender && mayFlood) flood ??= floodLan();
  const verdict = await carryOut(stage, attack, warm);
  verdicts.push(verdict);
  process.stderr.write(`${lineOf(verdict)}\n`);
}
if (isFloodChosen && noLab !== null) process.stderr.write(`skipped  ${LAN_FLOODER}: ${noLab}\n`);
if (mayFlood) {
  const verdict = await (flood ?? floodLan());
  verdicts.push(verdict);
  process.stderr.write(`${lineOf(verdict)}\n`);
}
for (const device of stage.devices) await device.stop();
const stored = await storedDevices(stage.dataDirs);
const isHeld = verdicts.every((verdict) => verdict.isHeld) && stored === 0;
const elapsedMs = Math.round(performance.now() - startedAtMs);
process.stdout.write(
  `${JSON.stringify({ isHeld, scale, elapsedMs, storedAfterwards: stored, warmMebibytes: rounded(warm), verdicts }, null, 2)}\n`,
);
clearTimeout(watchdog);
process.exitCode = isHeld ? 0 : 1;
