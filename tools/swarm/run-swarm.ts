import { brandAs, type Random, type RelayUrl } from '@bowline/contracts';
import { seededRandom } from '@bowline/testing';
import { Household } from './household.ts';
import { PLANTS } from './plants.ts';
import { type RelayCloud, relayCloud } from './relay-cloud.ts';
import { stampOf } from './timeline.ts';
import { type VirtualTime, virtualTime } from './virtual-time.ts';

/** One swarm: the same values give the same run, to the last message. */
export interface SwarmInput {
  readonly seed: number;
  readonly deviceCount: number;
  readonly hours: number;
  /** A bug that is planted; `null`: none. */
  readonly plant: string | null;
  /** The one household that is looked at; `null`: all of them. */
  readonly household: number | null;
  /** Of all households each `count`th, from the one with the number `index`: parts of one swarm run side by side. @defaultValue all */
  readonly part?: { readonly index: number; readonly count: number };
}

/** Something that must not be, and where and when it was. */
export interface Breach {
  readonly household: number;
  readonly atMs: number;
  readonly what: string;
  /** What happened in the household before, oldest first. */
  readonly timeline: readonly string[];
}

/** What a swarm has been through. */
export interface SwarmReport {
  readonly input: SwarmInput;
  readonly breach: Breach | null;
  readonly devices: number;
  readonly deviceHours: number;
  readonly faults: number;
  readonly connections: number;
  readonly pairings: number;
  readonly messages: number;
  /** Streams that have carried everything, both ways, and ended on both sides. */
  readonly streams: number;
  readonly timers: number;
  /** From a change that a device noticed to the link, milliseconds, ascending. */
  readonly linkedAfterMs: readonly number[];
}

const RELAY_URLS = ['https://one.relay.test/', 'https://two.relay.test/'].map((url) => brandAs<RelayUrl>(url));

/** Between two faults of a relay, on average, milliseconds; they last for 5 s to two minutes. */
const RELAY_FAULT_EVERY_MS = 1_800_000;

const HOUR_MS = 3_600_000;

/**
 * Runs one swarm to its end, or to the first breach, one household after the other: they know nothing of each other, and what a
 * machine keeps in its caches is one of them.
 */
export const runSwarm = async (input: SwarmInput): Promise<SwarmReport> => {
  let report: SwarmReport = { input, ...NOTHING };
  let made = 0;
  for (let number = 0; made < input.deviceCount && report.breach === null; number += 1) {
    const run = newRun(input, number);
    made += run.household.devices.length;
    if (!isWanted(input, number)) continue;
    await live(run, input);
    report = withHousehold(report, run);
  }
  return { ...report, linkedAfterMs: report.linkedAfterMs.toSorted((one, other) => one - other) };
};

const isWanted = ({ household, part }: SwarmInput, number: number): boolean =>
  household === null ? part === undefined || number % part.count === part.index : household === number;

const NOTHING: Omit<SwarmReport, 'input'> = Object.freeze({
  breach: null,
  devices: 0,
  deviceHours: 0,
  faults: 0,
  connections: 0,
  pairings: 0,
  messages: 0,
  streams: 0,
  timers: 0,
  linkedAfterMs: [],
});

const withHousehold = (report: SwarmReport, { household, time, breach }: HouseholdRun): SwarmReport => ({
  input: report.input,
  breach,
  devices: report.devices + household.devices.length,
  deviceHours: report.deviceHours + household.upMs / HOUR_MS,
  faults: report.faults + household.faultCount,
  connections: report.connections + household.connectionCount,
  pairings: report.pairings + household.pairingCount,
  messages: report.messages + household.ledger.storedCount,
  streams: report.streams + household.streams.endedCount,
  timers: report.timers + time.firedCount,
  linkedAfterMs: [...report.linkedAfterMs, ...household.watches.flatMap(({ linkedAfterMs }) => linkedAfterMs)],
});

/** One household with time and relays of its own. */
interface HouseholdRun {
  readonly household: Household;
  readonly time: VirtualTime;
  readonly cloud: RelayCloud;
  breach: Breach | null;
}

const newRun = ({ seed, plant }: SwarmInput, number: number): HouseholdRun => {
  const time = virtualTime();
  const cloud = relayCloud(time);
  const household: Household = new Household({
    time,
    // Each of its own, so that a household does alone what it does among others.
    random: seededRandom(mixed(seed, number)),
    cloud,
    relayUrls: RELAY_URLS,
    plant: PLANTS.find(({ name }) => name === plant) ?? null,
    onBreach: (what) => {
      run.breach ??= { household: number, atMs: time.monotonicMs(), what, timeline: household.timeline.print() };
      time.stop();
    },
  });
  const run: HouseholdRun = { household, time, cloud, breach: null };
  return run;
};

const live = async ({ household, time, cloud }: HouseholdRun, { seed, hours }: SwarmInput): Promise<void> => {
  household.begin();
  // The same for every household: the relays are there for all of them.
  disturbRelays(time, cloud, seededRandom(mixed(seed, -1)));
  await time.runUntil(hours * HOUR_MS);
};

/** Relays restart and freeze, for everybody at once. */
const disturbRelays = (time: VirtualTime, cloud: RelayCloud, random: Random): void => {
  const later = (): void => {
    time.setTimer(-Math.log(1 - random.ratio()) * RELAY_FAULT_EVERY_MS, () => {
      const url = RELAY_URLS[Math.floor(random.ratio() * RELAY_URLS.length)] as RelayUrl;
      cloud.setMode(url, random.ratio() < 0.7 ? 'down' : 'frozen');
      time.setTimer(5_000 * 24 ** random.ratio(), () => cloud.setMode(url, 'up'));
      later();
    });
  };
  later();
};

/** Another seed for each number, far from those of its neighbours. */
const mixed = (seed: number, number: number): number =>
  Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 2, 0xc2b2ae35);

/** What a breach is told by, with all that happened before it. */
export const printBreach = ({ household, atMs, what, timeline }: Breach, input: SwarmInput): string =>
  [
    ...timeline,
    '',
    `${what}`,
    `seed ${input.seed}, household ${household}, at ${stampOf(atMs)} of virtual time${input.plant === null ? '' : `, planted: ${input.plant}`}`,
  ].join('\n');
