import type { DeviceFacts, RelayUrl } from '@bowline/contracts';
import type { Evidence } from '../diagnosis.ts';
import { freshThere, isOpenThere, isToldOnLink, type Situation, seenHere, sideOf, toldThere } from '../situation.ts';
import type { Rule } from './rule.ts';

/** iroh punches within the first seconds; behind the slowest NATs measured a direct path stood after 1.3 s. */
const STILL_LOOKING_MS = 10_000;

/** One fact of both devices, as far as the other one told it. */
const factOfBoth = <K extends keyof DeviceFacts>(situation: Situation, fact: K): readonly Evidence[] => {
  const there = freshThere(situation);
  const evidence = [seenHere(situation, fact, plain(situation.here[fact]), situation.here.atMs)];
  return there === null ? evidence : [...evidence, toldThere(situation, fact, plain(there[fact]))];
};

const plain = (value: unknown): Evidence['value'] => {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.join(', ') : String(value);
};

/** Whether something holds here and there; that it is not known there is said with it (`isOpenThere`). */
const sideWhere = (situation: Situation, holds: (facts: DeviceFacts) => boolean): ReturnType<typeof sideOf> => {
  const there = freshThere(situation);
  return sideOf(holds(situation.here), there !== null && holds(there));
};

/** Two that both keep to their machine may share it, and be kept apart by something else. */
const boundToLoopback: Rule = (situation) => {
  const side = sideWhere(situation, ({ bound }) => bound === 'loopback');
  if (side === null) return null;
  return {
    cause: 'relayed-bound-to-loopback',
    certainty: side === 'here' || (side === 'there' && isToldOnLink(situation)) ? 'known' : 'likely',
    side,
    isOpenThere: isOpenThere(situation, side),
    evidence: factOfBoth(situation, 'bound'),
    remedies: ['bind-everywhere'],
  };
};

const noCommonFamily: Rule = (situation) => {
  const there = freshThere(situation);
  if (there === null || there.families.length === 0 || situation.here.families.length === 0) return null;
  if (situation.here.families.some((family) => there.families.includes(family))) return null;
  return {
    cause: 'relayed-no-common-family',
    certainty: isToldOnLink(situation) ? 'known' : 'likely',
    side: 'between',
    evidence: factOfBoth(situation, 'families'),
    remedies: ['use-ipv6'],
  };
};

/**
 * Whether IPv4 across the internet is the only way that there can be: neither shows itself where the other one is, and not
 * both have IPv6, of which neither observers nor the NAT of IPv4 say anything.
 */
const isIpv4AcrossInternet = (situation: Situation): boolean => {
  const { nearAddressCount, sightedAtMs, sharesOutsideAddress } = situation.connection;
  const bothHaveIpv6 = [situation.here, freshThere(situation)].every(
    (facts) => facts?.families.includes('ipv6') ?? true,
  );
  return nearAddressCount === 0 && sightedAtMs === null && sharesOutsideAddress !== true && !bothHaveIpv6;
};

const homeOf = ({ relays }: DeviceFacts): RelayUrl | null =>
  relays.find(({ role, state }) => role === 'home' && state === 'connected')?.url ?? null;

/** Observers stand beside a relay: two devices with one home ask the same ones. */
const askTheSame = (one: DeviceFacts, other: DeviceFacts | null): boolean =>
  other !== null && homeOf(one) !== null && homeOf(one) === homeOf(other);

/**
 * Silent observers look the same whether UDP is blocked or they are down. One device that hears from them while the other
 * does not leaves only the block.
 */
const udpBlocked: Rule = (situation) => {
  const side = sideWhere(situation, ({ udp }) => udp === 'blocked');
  if (side === null) return null;
  const there = freshThere(situation);
  const isContrast = side === 'here' ? there?.udp === 'works' : side === 'there' && situation.here.udp === 'works';
  const isKnown =
    isContrast && isToldOnLink(situation) && askTheSame(situation.here, there) && isIpv4AcrossInternet(situation);
  return {
    cause: 'relayed-udp-blocked',
    certainty: isKnown ? 'known' : 'likely',
    side,
    isOpenThere: isOpenThere(situation, side),
    evidence: factOfBoth(situation, 'udp'),
    remedies: ['allow-udp'],
  };
};

/**
 * Somebody on the public internet needs no hole punched: whoever is behind a symmetric NAT reaches it. So he does some of
 * those behind another kind of NAT: what it lets in is not seen.
 */
const symmetricNat: Rule = (situation) => {
  const there = freshThere(situation);
  const side = sideWhere(situation, ({ nat }) => nat === 'symmetric');
  if (side === null) return null;
  const other = side === 'here' ? there?.nat : situation.here.nat;
  if (side !== 'both' && other === 'none') return null;
  return {
    cause: 'relayed-symmetric-nat',
    certainty: side === 'both' && isToldOnLink(situation) && isIpv4AcrossInternet(situation) ? 'known' : 'likely',
    side,
    isOpenThere: isOpenThere(situation, side),
    evidence: factOfBoth(situation, 'nat'),
    remedies: ['open-port-mapping', 'use-ipv6'],
  };
};

const stillLooking: Rule = (situation) => {
  const { stateSinceMs } = situation.connection;
  if (stateSinceMs === null || situation.nowMs - stateSinceMs > STILL_LOOKING_MS) return null;
  return {
    cause: 'relayed-still-looking',
    certainty: 'likely',
    side: null,
    evidence: [seenHere(situation, 'connection.stateSinceMs', stateSinceMs, stateSinceMs)],
    remedies: ['wait-a-moment'],
  };
};

const sameRouter: Rule = (situation) => {
  const { sharesOutsideAddress, sightedAtMs } = situation.connection;
  if (sharesOutsideAddress !== true) return null;
  return {
    cause: 'relayed-same-router',
    certainty: 'likely',
    side: 'between',
    evidence: [
      seenHere(situation, 'connection.sharesOutsideAddress', true),
      seenHere(situation, 'connection.sightedAtMs', sightedAtMs),
    ],
    remedies: ['disable-isolation'],
  };
};

/** Without a NAT of its own nothing but a firewall keeps packets from a device that offers its public address. */
const firewall: Rule = (situation) => {
  const there = freshThere(situation);
  const isHere = situation.here.nat === 'none';
  const isThere = there?.nat === 'none';
  const side = sideOf(isHere, isThere);
  if (side === null) return null;
  return {
    cause: 'relayed-firewall',
    certainty: 'likely',
    side,
    isOpenThere: isOpenThere(situation, side),
    evidence: factOfBoth(situation, 'nat'),
    remedies: ['allow-local-udp'],
  };
};

const noAddressDiscovery: Rule = (situation) => {
  const side = sideWhere(situation, ({ nat, hasObserver }) => nat === 'unknown' && !hasObserver);
  if (side === null) return null;
  return {
    cause: 'relayed-no-address-discovery',
    certainty: 'likely',
    side,
    isOpenThere: isOpenThere(situation, side),
    evidence: [...factOfBoth(situation, 'hasObserver'), ...factOfBoth(situation, 'nat')],
    remedies: ['add-observer'],
  };
};

const punchFailed: Rule = (situation) => {
  const there = freshThere(situation);
  if (situation.here.nat !== 'endpoint-independent' || there?.nat !== 'endpoint-independent') return null;
  return {
    cause: 'relayed-punch-failed',
    certainty: 'likely',
    side: 'between',
    evidence: factOfBoth(situation, 'nat'),
    remedies: ['allow-udp', 'open-port-mapping', 'use-ipv6'],
  };
};

/** The weightier first: what rules a direct path out, then what makes one hard, then what is merely missing. */
export const RELAYED_RULES: readonly Rule[] = [
  boundToLoopback,
  noCommonFamily,
  stillLooking,
  udpBlocked,
  symmetricNat,
  sameRouter,
  firewall,
  noAddressDiscovery,
  punchFailed,
];
