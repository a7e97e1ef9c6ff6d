import type { PathKind } from '@bowline/contracts';
import * as places from './places.ts';
import type { LabBound, LabFault, LabPlace, LabScenario } from './scenario.ts';

/** Whatever happened: connected again within this. */
const RETURN: LabBound = { p95Ms: 2_000, worstMs: 5_000 };

/** A path that died without a word has to be found out first. */
const USABLE: LabBound = { p95Ms: 1_600, worstMs: 5_000 };

const { HOMES, LAN, LAN_IPV6_ONLY, LAN_UNHEARD, RELAYED, TWO_RELAYS } = places;

/** Nobody talks: the status must not lie for longer. */
const NOTICED: LabBound = { p95Ms: 3_000, worstMs: 6_000 };

/** Who is linked by the relay loses nothing meanwhile: a direct path may take half as long again as it was away, and some seconds. */
const directAgain = (awayMs: number): LabBound => ({ p95Ms: awayMs / 2 + 5_000, worstMs: awayMs / 2 + 10_000 });

const boundOf = (fault: LabFault): LabBound => {
  if (fault.kind === 'udpAway') return directAgain(fault.awayMs);
  if (fault.kind !== 'silentPathDeath') return RETURN;
  return fault.isInUse ? USABLE : NOTICED;
};

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
    case 'newAddress':
      return 'another address';
    case 'captive':
      return `captive ${fault.awayMs / 1_000} s`;
    case 'udpAway':
      return `UDP away ${fault.awayMs / 1_000} s, until direct`;
    case 'silentPathDeath':
      return `direct path dies silently, ${fault.isInUse ? 'in use' : 'idle'}`;
  }
};

const at = (place: LabPlace, path: PathKind, faults: readonly LabFault[]): readonly LabScenario[] =>
  faults.map((fault) => ({
    name: `${place.name}: ${nameOf(fault)}`,
    place,
    fault,
    path,
    bound: boundOf(fault),
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
    { kind: 'newAddress' },
    sleep(60_000),
    sleep(10_000),
    death,
  ]),
  ...at(LAN_IPV6_ONLY, 'direct', [outage(60_000), cable(5_000), sleep(10_000), death]),
  ...at(LAN_UNHEARD, 'direct', [outage(600_000), outage(60_000), outage(5_000), cable(5_000), death]),
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
    { kind: 'captive', awayMs: 20_000 },
    { kind: 'silentPathDeath', isInUse: true },
    { kind: 'silentPathDeath', isInUse: false },
    { kind: 'udpAway', awayMs: 20_000 },
    { kind: 'udpAway', awayMs: 60_000 },
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
  ...at(TWO_RELAYS, 'relay', [relayRestart(30_000), outage(60_000), death]),
];

/** Words, a connection, and the path it must find. */
const MEET: LabBound = { p95Ms: 3_000, worstMs: 6_000 };

/** Where everything takes many round trips of a tenth of a second, and lost packets some more. */
const MEET_FAR: LabBound = { p95Ms: 5_000, worstMs: 10_000 };

const meet = (path: PathKind, ...where: readonly LabPlace[]): readonly LabScenario[] =>
  where.map((place) => {
    const bound = place === places.FAR_AND_LOSSY ? MEET_FAR : MEET;
    return { name: `${place.name}: pair`, place, fault: null, path, bound };
  });

/** Where devices meet, and how they must be connected there. */
export const MEETINGS: readonly LabScenario[] = [
  ...meet('direct', LAN, LAN_IPV6_ONLY, places.LAN_WITH_RELAY, places.LAN_WITHOUT_MDNS),
  ...meet('relay', places.ISOLATED),
  ...meet('direct', places.ONE_NAT_EACH, places.RENUMBERING, places.DOUBLE_NAT),
  ...meet('relay', places.SYMMETRIC_HERE, places.SYMMETRIC_BOTH, places.UDP_BLOCKED_HERE, places.UDP_BLOCKED_BOTH),
  ...meet('direct', places.UPNP, places.SAME_ADDRESSES, places.SMALL_MTU, places.FAR_AND_LOSSY, places.IPV6_ONLY),
  ...meet('relay', places.PROXY_ONLY),
];

export const SCENARIOS: readonly LabScenario[] = [...MEETINGS, ...RETURNS];
