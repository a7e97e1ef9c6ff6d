import type { CloseName, DeviceFacts, RelayDownReason, RelayFact, RelayUrl } from '@bowline/contracts';
import fc from 'fast-check';
import type { CauseCode, ConnectionFacts, Side, Situation } from '../src/index.ts';
import { down, HOME, NOW_MS, OTHER, offline, relay, relayed, situation } from './situations.ts';

/** So lately that nothing has changed since, and so long ago that everything may have. */
const [LATELY_MS, LONG_AGO_MS] = [NOW_MS - 10_000, NOW_MS - 3_600_000];

const urls = fc.subarray([HOME, OTHER]);
/** What is wrong is wrong now and then, so that several things are at once and most are not. */
const seldom = fc.constantFrom(false, false, false, true);
const mostly = seldom.map((is) => !is);
const nowAndThen = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.tuple(seldom, values).map(([is, value]) => (is ? value : null));

const lateOrOld = fc.constantFrom(LATELY_MS, LONG_AGO_MS);
const refusals = fc.constantFrom<CloseName>(
  'busy',
  'not-paired',
  'stale',
  'version-unsupported',
  'cloned',
  'timed-out',
);

const downReasons = fc.constantFrom<RelayDownReason[]>(
  'tcp',
  'dns',
  'auth',
  'tls',
  'http',
  'proxy',
  'portClosed',
  'noRoute',
  'timeout',
  'unavailable',
  'version',
  'certificateDates',
  'displaced',
  'contested',
  'notConfigured',
);

/** What is the case with two devices that are not connected, of which the one that is asked sees a part. */
export const APART = fc.record({
  hasNetwork: mostly,
  /** Relays that packets of this device get to, and what it is told by those they do not. */
  reached: urls,
  downReason: downReasons,
  /** Mostly both fail alike. */
  otherReason: nowAndThen(downReasons),
  usesProxy: seldom,
  own: urls,
  /** Relays that this device is connected to for the other one, or has tried; others it has let go. */
  tried: urls,
  /** Whether this device lets the two use relays. */
  usesRelays: mostly,
  /** Relays that the other device has named, and those that it is at. */
  named: urls,
  there: urls,
  isOn: fc.boolean(),
  /** Relays that say of a device that it is not there, and when they were asked. */
  tells: urls,
  askedAtMs: lateOrOld,
  heardAtMs: fc.option(fc.constantFrom(NOW_MS - 1, NOW_MS - 60_000, LONG_AGO_MS)),
  showsItself: seldom,
  toldDisabled: seldom,
  refusedWith: nowAndThen(refusals),
  refusedHere: nowAndThen(fc.constantFrom('stale', 'cloned', 'version-unsupported')),
  saidAtMs: lateOrOld,
  lastDown: fc.option(fc.constantFrom('goodbye', 'cloned', 'connectionLost', 'notResponding')),
  failureCount: fc.nat(3),
  knownAddressCount: fc.nat(1),
  mdns: fc.constantFrom('works', 'failing', 'off'),
  relayChoice: fc.constantFrom('custom', 'default', 'disabled'),
});

type Apart = typeof APART extends fc.Arbitrary<infer World> ? World : never;

/** What this device is told by a relay that its packets do not get to. */
const reasonOf = ({ downReason, otherReason }: Apart, url: RelayUrl): RelayDownReason =>
  url === OTHER ? (otherReason ?? downReason) : downReason;

const isThere = ({ isOn, there }: Apart, url: RelayUrl): boolean => isOn && there.includes(url);

const isReached = ({ hasNetwork, reached }: Apart, url: RelayUrl): boolean => hasNetwork && reached.includes(url);

/** Asked lately, a relay says what is the case; what it said long ago, or before the device was heard, may be so no more. */
const saysAbsent = (world: Apart, url: RelayUrl): boolean => {
  const isCurrent = world.askedAtMs === LATELY_MS && world.askedAtMs >= (world.heardAtMs ?? 0);
  return world.tells.includes(url) && !(isCurrent && isThere(world, url));
};

/** When mDNS showed it last: as long as it is on and on this network, or before it was lost. */
const sightedAtMs = ({ isOn, showsItself, lastDown }: Apart): number | null => {
  if (!showsItself) return null;
  return isOn ? NOW_MS - 1_000 : lastDown === null ? null : NOW_MS - 90_000;
};

export const seenApart = (world: Apart): Situation => {
  const own = world.relayChoice === 'disabled' ? [] : world.own;
  const relays: readonly RelayFact[] = [...new Set([...own, ...world.tried])].map((url) => {
    const role = own.includes(url) ? 'home' : 'peer';
    return isReached(world, url) ? relay({ url, role }) : down(reasonOf(world, url), url, role);
  });
  const shared = world.named.filter((url) => relays.some((each) => each.url === url && each.state === 'connected'));
  const { refusedWith, saidAtMs } = world;
  const connection: Partial<ConnectionFacts> = {
    lastDown: world.lastDown === null ? null : { atMs: NOW_MS - 60_000, reason: world.lastDown as never },
    lastFailure: refusedWith === null ? null : { atMs: saidAtMs, code: 'LINK_REFUSED', refusedWith },
    lastRefusal: world.refusedHere === null ? null : { atMs: saidAtMs, name: world.refusedHere },
    failureCount: world.failureCount,
    lastHeardAtMs: world.heardAtMs,
    sightedAtMs: sightedAtMs(world),
    knownAddressCount: world.knownAddressCount,
    usesRelays: world.usesRelays,
    peerRelayUrls: world.named,
    sharedRelayUrls: shared,
    absences: shared.filter((url) => saysAbsent(world, url)).map((url) => ({ url, atMs: world.askedAtMs })),
  };
  const here: Partial<DeviceFacts> = {
    families: world.hasNetwork ? ['ipv4'] : [],
    relays,
    usesProxy: world.usesProxy,
    relayChoice: world.relayChoice as never,
    mdns: world.mdns as never,
  };
  return situation(offline(connection), here, world.toldDisabled ? { relayChoice: 'disabled' } : null);
};

const REFUSED: Partial<Record<CauseCode, CloseName>> = {
  'offline-busy': 'busy',
  'offline-not-admitted': 'not-paired',
  'offline-stale': 'stale',
  'offline-version': 'version-unsupported',
  'offline-cloned': 'cloned',
};

/** This device can meet the other one at no relay, wherever it is, and for the reason that is named. */
const isCutOff = (world: Apart): boolean =>
  world.usesRelays && ![...world.own, ...world.named].some((url) => isReached(world, url));

/** The same, and why: each of its own relays, of which it has some, fails for one of the reasons. */
const isCutOffBy = (world: Apart, reasons: readonly RelayDownReason[]): boolean =>
  isCutOff(world) && world.own.length > 0 && world.own.every((url) => reasons.includes(reasonOf(world, url)));

/** Whether it has said anything since it was lost. */
const hasAnswered = ({ saidAtMs, refusedWith, refusedHere }: Apart): boolean =>
  saidAtMs === LATELY_MS && (refusedWith !== null || refusedHere !== null);

/** Whether what is said of two devices holds. What is not among these is never known. */
export const isTrueApart = (world: Apart, cause: CauseCode): boolean => {
  const name = REFUSED[cause];
  const isRefused =
    name !== undefined && world.saidAtMs === LATELY_MS && (world.refusedWith === name || world.refusedHere === name);
  const isAbsent = world.named.length > 0 && !world.named.some((url) => isThere(world, url));
  switch (cause) {
    case 'offline-no-network':
      return !world.hasNetwork;
    case 'offline-away':
      return isAbsent && world.usesRelays;
    case 'offline-never-seen':
      return isAbsent && world.heardAtMs === null;
    case 'offline-goodbye':
      return world.lastDown === 'goodbye' && !(world.isOn && world.showsItself) && !hasAnswered(world);
    case 'offline-cloned':
      return isRefused || world.lastDown === 'cloned' || isCutOffBy(world, ['contested']);
    case 'offline-busy':
    case 'offline-not-admitted':
    case 'offline-stale':
    case 'offline-version':
      return isRefused;
    case 'offline-no-dns':
      return isCutOffBy(world, ['dns']);
    case 'offline-no-route':
      return isCutOffBy(world, ['noRoute']);
    case 'offline-proxy':
      return world.usesProxy && isCutOffBy(world, ['proxy']);
    case 'offline-relay-down':
      return isCutOffBy(world, ['tcp', 'dns', 'portClosed', 'noRoute', 'timeout']);
    case 'offline-relay-unavailable':
      return isCutOffBy(world, ['unavailable']);
    case 'offline-relay-refuses-here':
      return isCutOffBy(world, ['auth']);
    case 'offline-relay-certificate':
      return isCutOffBy(world, ['tls', 'certificateDates']);
    case 'offline-relay-protocol':
      return isCutOffBy(world, ['http', 'tls', 'protocol', 'version']);
    case 'offline-relays-unusable':
      return isCutOff(world);
    default:
      return false;
  }
};

const side = {
  isUdpBlocked: fc.boolean(),
  nat: fc.constantFrom<DeviceFacts['nat'][]>('none', 'endpoint-independent', 'symmetric', 'unknown'),
  isLoopback: fc.boolean(),
  families: fc.subarray<'ipv4' | 'ipv6'>(['ipv4', 'ipv6'], { minLength: 1 }),
  home: fc.constantFrom(HOME, OTHER),
};

/** What is the case with two devices that are on a relay. */
export const RELAYED = fc.record({
  here: fc.record(side),
  there: fc.option(fc.record(side), { freq: 9 }),
  /** Relays whose observers answer; those of the others are down. */
  observers: urls,
  isOneNetwork: fc.boolean(),
});

type Relayed = typeof RELAYED extends fc.Arbitrary<infer World> ? World : never;
type Half = Relayed['here'];

const factsOf = ({ observers }: Relayed, half: Half): Partial<DeviceFacts> => ({
  udp: half.isUdpBlocked || !observers.includes(half.home) ? 'blocked' : 'works',
  nat: half.isUdpBlocked || !observers.includes(half.home) ? 'unknown' : half.nat,
  bound: half.isLoopback ? 'loopback' : 'everywhere',
  families: half.families,
  relays: [relay({ url: half.home })],
});

export const seenRelayed = (world: Relayed): Situation =>
  situation(
    relayed({ nearAddressCount: world.isOneNetwork ? 1 : 0 }),
    factsOf(world, world.here),
    world.there === null ? null : factsOf(world, world.there),
  );

/** Whether what is said holds, and would keep the two on a relay if nothing else were wrong. */
export const isTrueRelayed = ({ here, there, isOneNetwork }: Relayed, cause: CauseCode, said: Side): boolean => {
  if (there === null) return cause === 'relayed-bound-to-loopback' && said === 'here' && here.isLoopback;
  const named = said === 'here' ? [here] : said === 'there' ? [there] : [here, there];
  const isIpv4Alone = ![here, there].every(({ families }) => families.includes('ipv6'));
  switch (cause) {
    case 'relayed-bound-to-loopback':
      return said !== 'both' && named.every(({ isLoopback }) => isLoopback);
    case 'relayed-no-common-family':
      return !here.families.some((family) => there.families.includes(family));
    case 'relayed-udp-blocked':
      return named.every(({ isUdpBlocked }) => isUdpBlocked) && !isOneNetwork && isIpv4Alone;
    case 'relayed-symmetric-nat':
      return [here, there].every(({ nat }) => nat === 'symmetric') && !isOneNetwork && isIpv4Alone;
    default:
      return false;
  }
};
