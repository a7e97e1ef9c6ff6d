import { loadavg } from 'node:os';
import type { HostStatus, PathKind } from '@bowline/contracts';
import { seededRandom } from '@bowline/testing';
import { pause, within } from './deadline.ts';
import { type InflictedFault, inflict } from './inflict.ts';
import { isConnected, type Lab } from './lab.ts';
import type { LabTurns } from './lab-turns.ts';
import { pingGap } from './ping-gap.ts';
import type { LabScenario, ScenarioRun } from './scenario.ts';

/** Devices that are not connected by then are not counted on any more. */
const GIVE_UP_MS = 90_000;

/** Between two rounds: heartbeats have found their pace. */
const CALM_MS = 1_000;

/** A random share of this is added to every fault, so that no timer of a device always stands the same. */
const PHASE_MS = 1_000;

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

const measureReturn = async (lab: Lab, { end, isEndMeasured }: InflictedFault): Promise<number> => {
  const calledMs = performance.now();
  await end();
  const beganMs = isEndMeasured ? calledMs : performance.now();
  lab.timeline.note('lab', 'the fault has ended');
  await within(GIVE_UP_MS, 'both devices to be connected and to answer', untilUsable(lab));
  return performance.now() - beganMs;
};

/** The longest time without an answer around the death of a path. */
const measureGap = async (lab: Lab, { end }: InflictedFault): Promise<number> => {
  const [laptop, phone] = lab.devices;
  const pings = pingGap(laptop, phone.name);
  try {
    await within(GIVE_UP_MS, 'answers', pings.answered(CALM_PINGS));
    await end();
    lab.timeline.note('lab', 'the direct path is dead');
    // Those that were under way when it died may still be answered.
    await within(GIVE_UP_MS, 'answers', pings.answered(2 * CALM_PINGS));
    return pings.longestMs();
  } finally {
    pings.stop();
    await lab.room.allowUdp();
  }
};

/** Lets the fault of a scenario happen once between devices that are calm. @param turn which time it is in this lab */
export const runScenario = async (
  lab: Lab,
  scenario: LabScenario & { readonly fault: NonNullable<LabScenario['fault']> },
  { seed, turn, turns }: { readonly seed: number; readonly turn: number; readonly turns: LabTurns },
): Promise<ScenarioRun> => {
  const random = seededRandom(seed);
  let wasKept = true;
  const listening = lab.devices.map((device) =>
    device.onTold(({ event }) => {
      if (event === 'device.disconnected') wasKept = false;
    }),
  );
  const run = { scenario: scenario.name, atMs: Date.now(), seed };
  try {
    await calm(lab, scenario);
    await pause(random.ratio() * PHASE_MS);
    wasKept = true;
    lab.timeline.note('lab', `${scenario.name}, seed ${seed}`);
    const fault = await inflict(lab, scenario.fault, turn);
    if (fault.awayMs > 0) await pause(fault.awayMs + random.ratio() * PHASE_MS);
    const measure = scenario.fault.kind === 'silentPathDeath' ? measureGap : measureReturn;
    const elapsedMs = await turns(() => measure(lab, fault));
    lab.timeline.note('lab', `usable again after ${Math.round(elapsedMs)} ms`);
    const { peers } = await lab.devices[0].channel().request('status', {});
    const failure =
      elapsedMs > scenario.bound.worstMs ? `took ${Math.round(elapsedMs)} ms of ${scenario.bound.worstMs}` : null;
    return { ...run, elapsedMs, path: peers[0]?.path ?? null, wasKept, failure, load: loadavg()[0] ?? 0 };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    lab.timeline.note('lab', `failed: ${failure}`);
    return { ...run, elapsedMs: null, path: null, wasKept, failure, load: loadavg()[0] ?? 0 };
  } finally {
    for (const stop of listening) stop();
  }
};
