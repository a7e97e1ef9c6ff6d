import type { PathKind } from '@bowline/contracts';
import { HOMES, LAN, RELAYED } from './places.ts';
import type { LabBound, LabFault, LabPlace, LabScenario } from './scenario.ts';

/** Whatever happened: connected again within this. */
const RETURN: LabBound = { p95Ms: 2_000, worstMs: 5_000 };

/** A path that died without a word has to be found out first. */
const USABLE: LabBound = { p95Ms: 1_600, worstMs: 5_000 };

const nameOf = (fault: LabFault): string => {
  switch (fault.kind) {
    case 'cable':
      return `cable out ${fault.awayMs / 1_000} s`;
    case 'outage':
      return `network dark ${fault.awayMs / 1_000} s`;
    case 'relayRestart':
      return `relay away ${fault.awayMs / 1_000} s`;
    case 'roam':
      return fault.who === 'both' ? 'both roam' : 'one roams';
    case 'sleep':
      return `asleep ${fault.awayMs / 1_000} s`;
    case 'death':
      return 'processes killed and started';
    case 'silentPathDeath':
      return 'direct path dies silently, in use';
  }
};

const at = (place: LabPlace, path: PathKind, faults: readonly LabFault[]): readonly LabScenario[] =>
  faults.map((fault) => ({
    name: `${place.name}: ${nameOf(fault)}`,
    place,
    fault,
    path,
    bound: fault.kind === 'silentPathDeath' ? USABLE : RETURN,
  }));

const cable = (awayMs: number): LabFault => ({ kind: 'cable', awayMs });
const outage = (awayMs: number): LabFault => ({ kind: 'outage', awayMs });
const relayRestart = (awayMs: number): LabFault => ({ kind: 'relayRestart', awayMs });
const sleep = (awayMs: number): LabFault => ({ kind: 'sleep', awayMs });
const death: LabFault = { kind: 'death' };
const roam = (who: 'laptop' | 'both'): LabFault => ({ kind: 'roam', who });

/** What must be connected again within two seconds. */
export const RETURNS: readonly LabScenario[] = [
  ...at(LAN, 'direct', [
    outage(600_000),
    outage(150_000),
    outage(60_000),
    outage(5_000),
    cable(60_000),
    cable(5_000),
    sleep(60_000),
    sleep(10_000),
    death,
  ]),
  ...at(HOMES, 'direct', [
    outage(600_000),
    outage(150_000),
    outage(60_000),
    outage(5_000),
    cable(60_000),
    cable(5_000),
    relayRestart(30_000),
    roam('laptop'),
    roam('both'),
    sleep(60_000),
    sleep(10_000),
    death,
    { kind: 'silentPathDeath' },
  ]),
  ...at(RELAYED, 'relay', [
    outage(600_000),
    outage(150_000),
    outage(60_000),
    outage(5_000),
    cable(60_000),
    relayRestart(120_000),
    relayRestart(30_000),
    relayRestart(5_000),
    roam('laptop'),
    roam('both'),
    sleep(60_000),
    death,
  ]),
];
