import type { Random } from '@bowline/contracts';
import { pause } from './deadline.ts';
import { inflict } from './inflict.ts';
import type { Lab } from './lab.ts';
import type { LabFault } from './scenario.ts';

/** Most faults are short, as they are in a day; a few last. */
const durationMs = (random: Random): number => Math.round(200 + random.ratio() ** 3 * 30_000);

/** What can be made of a network at a time. */
const networkFault = (random: Random): LabFault => {
  const faults: readonly LabFault[] = [
    { kind: 'cable', awayMs: durationMs(random) },
    { kind: 'outage', awayMs: durationMs(random) },
    { kind: 'roam', who: random.ratio() < 0.5 ? 'laptop' : 'both' },
    { kind: 'captive', awayMs: durationMs(random) },
    { kind: 'silentPathDeath', isInUse: true },
  ];
  return faults[Math.floor(random.ratio() * faults.length)] ?? { kind: 'cable', awayMs: 1_000 };
};

/** What can be made of programs, at the same time. */
const programFault = (random: Random): LabFault => {
  const faults: readonly LabFault[] = [
    { kind: 'relayRestart', awayMs: durationMs(random) },
    { kind: 'sleep', awayMs: durationMs(random) },
    { kind: 'death' },
  ];
  return faults[Math.floor(random.ratio() * faults.length)] ?? { kind: 'death' };
};

/** Between two faults of one kind, milliseconds at most: some come before the last one is over with. */
const MOST_CALM_MS = 5_000;

/** Makes faults one after the other until it is told to stop; each ends. @returns how many there were */
const makeFaults = async (
  lab: Lab,
  next: (random: Random) => LabFault,
  random: Random,
  signal: AbortSignal,
): Promise<number> => {
  let count = 0;
  while (!signal.aborted) {
    const fault = next(random);
    lab.timeline.note('lab', `fault: ${JSON.stringify(fault)}`);
    const inflicted = await inflict(lab, fault);
    await pause(inflicted.awayMs);
    await inflicted.end();
    if (fault.kind === 'silentPathDeath') {
      await pause(durationMs(random));
      await lab.room.allowUdp();
    }
    lab.timeline.note('lab', `over: ${fault.kind}`);
    count += 1;
    await pause(random.ratio() * MOST_CALM_MS);
  }
  return count;
};

/** Faults of the network and of programs, at the same time, until the signal. @returns how many there were */
export const randomFaults = async (
  lab: Lab,
  randoms: readonly [network: Random, programs: Random],
  signal: AbortSignal,
): Promise<number> => {
  const counts = await Promise.all([
    makeFaults(lab, networkFault, randoms[0], signal),
    makeFaults(lab, programFault, randoms[1], signal),
  ]);
  return counts[0] + counts[1];
};
