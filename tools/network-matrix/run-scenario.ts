import { loadavg } from 'node:os';
import type { HostStatus, PathKind } from '@bowline/contracts';
import { seededRandom } from '@bowline/testing';
import { pause, within } from './deadline.ts';
import { type InflictedFault, inflict } from './inflict.ts';
import { isConnected, type Lab, pairLab } from './lab.ts';
import type { LabTurns } from './lab-turns.ts';
import { pingGap } from './ping-gap.ts';
import type { LabFault, LabScenario, ScenarioRun } from './scenario.ts';

/** Devices that are not connected by then are not counted on any more. */
const GIVE_UP_MS = 90_000;

/** iroh alone is not waited for any longer. */
const IROH_GIVE_UP_MS = 60_000;

/** Between two rounds: heartbeats have found their pace. */
const CALM_MS = 1_000;

/** A random share of this is added to every fault, so that no timer of a device always stands the same. */
const PHASE_MS = 1_000;

/** How long a path is watched that must not give way to another one. */
const STAYS_MS = 1_500;

/** Answers before and after the death of a path. */
const CALM_PINGS = 25;

const pathOf = ({ peers }: HostStatus): PathKind | null => peers[0]?.path ?? null;

/** Both devices connected as the scenario says, and at their relays. */
export const calm = async (lab: Lab, { path }: Pick<LabScenario, 'path'>): Promise<void> => {
  const isCalm = (status: HostStatus): boolean =>
    isConnected(status) && pathOf(status) === path && status.relays.every(({ state }) => state === 'connected');
  await within(
    GIVE_UP_MS,
    `a ${path} path and all relays`,
    Promise.all(lab.devices.map((device) => device.statusWhere(isCalm, `a ${path} path and all relays`))),
  );
  await pause(CALM_MS);
};

/** Until both devices are connected, and the laptop has heard an answer of the phone. */
const untilUsable = async ({ devices: [laptop, phone] }: Lab): Promise<void> => {
  for (;;) {
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected, 'the other connected')));
    const isAnswered = await laptop
      .channel()
      .request('ping', { device: phone.name })
      .then(
        () => true,
        () => false,
      );
    if (isAnswered) return;
  }
};

/** What a fault has cost the devices, milliseconds, and iroh alone where it is there, which may take longer. */
interface Cost {
  readonly elapsedMs: number;
  readonly iroh?: Promise<number>;
}

const measureReturn = async (lab: Lab, { end, isEndMeasured }: InflictedFault): Promise<Cost> => {
  const calledMs = performance.now();
  const ended = end();
  if (!isEndMeasured) await ended;
  const iroh = lab.irohPair?.answered();
  // Heard when it is waited for; a lab that ends takes it along.
  iroh?.catch(() => undefined);
  await ended;
  const beganMs = isEndMeasured ? calledMs : performance.now();
  lab.timeline.note('lab', 'the fault has ended');
  await within(GIVE_UP_MS, 'both devices to be connected and to answer', untilUsable(lab));
  return { elapsedMs: performance.now() - beganMs, ...(iroh === undefined ? {} : { iroh }) };
};

/** The longest time without an answer around the death of a path. */
const measureGap = async (lab: Lab, { end }: InflictedFault): Promise<Cost> => {
  const [laptop, phone] = lab.devices;
  const pings = pingGap(laptop, phone.name);
  try {
    await within(GIVE_UP_MS, 'answers', pings.answered(CALM_PINGS));
    await end();
    lab.timeline.note('lab', 'the direct path is dead');
    // Those that were under way when it died may still be answered.
    await within(GIVE_UP_MS, 'answers', pings.answered(2 * CALM_PINGS));
    return { elapsedMs: pings.longestMs() };
  } finally {
    pings.stop();
    await lab.room.allowUdp();
  }
};

/** Until neither device says any more that there is a direct path. */
const measureNoticed = async (lab: Lab, { end }: InflictedFault): Promise<Cost> => {
  try {
    const beganMs = performance.now();
    await end();
    lab.timeline.note('lab', 'the direct path is dead');
    const isHonest = (status: HostStatus): boolean => pathOf(status) !== 'direct';
    await within(
      GIVE_UP_MS,
      'both devices to say so',
      Promise.all(lab.devices.map((device) => device.statusWhere(isHonest, 'no direct path'))),
    );
    return { elapsedMs: performance.now() - beganMs };
  } finally {
    await lab.room.allowUdp();
  }
};

/** Milliseconds that iroh alone took, or `null` where it is given up and begins anew; nothing where it was not asked. */
const irohAnswer = async (lab: Lab, answer: Promise<number> | undefined): Promise<number | null | undefined> => {
  if (answer === undefined) return undefined;
  try {
    return await within(IROH_GIVE_UP_MS, 'iroh alone', answer);
  } catch {
    await lab.irohPair?.renew();
    return null;
  }
};

/** Until both devices are on a direct path again. */
const measureDirect = async (lab: Lab, { end }: InflictedFault): Promise<Cost> => {
  const isDirect = (status: HostStatus): boolean => pathOf(status) === 'direct';
  const beganMs = performance.now();
  await end();
  lab.timeline.note('lab', 'UDP is back');
  await within(
    GIVE_UP_MS,
    'a direct path',
    Promise.all(lab.devices.map((device) => device.statusWhere(isDirect, 'a direct path'))),
  );
  return { elapsedMs: performance.now() - beganMs };
};

/** What is measured of a fault. */
const measureOf = (fault: LabFault) => {
  if (fault.kind === 'udpAway') return measureDirect;
  if (fault.kind !== 'silentPathDeath') return measureReturn;
  return fault.isInUse ? measureGap : measureNoticed;
};

/** Lets two devices meet by twelve words; until both are connected by the path there is. */
const measureMeeting = async (lab: Lab, { path }: LabScenario): Promise<number> => {
  const beganMs = performance.now();
  await pairLab(lab);
  const isThere = (status: HostStatus): boolean => pathOf(status) === path;
  await within(
    GIVE_UP_MS,
    `a ${path} path`,
    Promise.all(lab.devices.map((device) => device.statusWhere(isThere, `a ${path} path`))),
  );
  const elapsedMs = performance.now() - beganMs;
  // A better path that there is after all would be found by now.
  await pause(STAYS_MS);
  await Promise.all(lab.devices.map((device) => device.statusWhere(isThere, `still a ${path} path`)));
  return elapsedMs;
};

/** What a round of a lab is given. */
export interface Round {
  readonly seed: number;
  readonly turns: LabTurns;
}

/** Goes once through a scenario: the fault between devices that are calm, or their first meeting. */
export const runScenario = async (lab: Lab, scenario: LabScenario, round: Round): Promise<ScenarioRun> => {
  const { seed, turns } = round;
  const { fault, bound } = scenario;
  const random = seededRandom(seed);
  let wasKept = true;
  const listening = lab.devices.map((device) =>
    device.onTold(({ event }) => {
      if (event === 'device.disconnected') wasKept = false;
    }),
  );
  const measureFault = async (inflicted: LabFault): Promise<Cost> => {
    await calm(lab, scenario);
    await irohAnswer(lab, lab.irohPair?.answered());
    await pause(random.ratio() * PHASE_MS);
    wasKept = true;
    lab.timeline.note('lab', `${scenario.name}, seed ${seed}`);
    const fault = await inflict(lab, inflicted);
    if (fault.awayMs > 0) await pause(fault.awayMs + random.ratio() * PHASE_MS);
    return turns(() => measureOf(inflicted)(lab, fault));
  };
  const outcome = async (): Promise<Pick<ScenarioRun, 'elapsedMs' | 'irohMs' | 'path' | 'failure'>> => {
    try {
      const measureMeetingCost = async (): Promise<Cost> => ({ elapsedMs: await measureMeeting(lab, scenario) });
      const cost = fault === null ? await turns(measureMeetingCost) : await measureFault(fault);
      const { elapsedMs } = cost;
      lab.timeline.note('lab', `usable after ${Math.round(elapsedMs)} ms`);
      const { peers } = await lab.devices[0].channel().request('status', {});
      const irohMs = await irohAnswer(lab, cost.iroh);
      const failure = elapsedMs > bound.worstMs ? `took ${Math.round(elapsedMs)} ms of ${bound.worstMs}` : null;
      const beside = irohMs === undefined ? {} : { irohMs };
      return { elapsedMs, ...beside, path: peers[0]?.path ?? null, failure };
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      lab.timeline.note('lab', `failed: ${failure}`);
      return { elapsedMs: null, path: null, failure };
    }
  };
  const atMs = Date.now();
  const result = await outcome();
  for (const stop of listening) stop();
  return { scenario: scenario.name, atMs, seed, ...result, wasKept, load: loadavg()[0] ?? 0 };
};
