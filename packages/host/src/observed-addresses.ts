import { BlockList, isIPv4 } from 'node:net';
import type { DeviceId, NatKind, RelayUrl, SocketAddress } from '@bowline/contracts';

/** Somebody outside told the address this device is seen at. */
export interface Observation {
  readonly address: SocketAddress;
  /** For the person: the relay beside which the observer stands, or the peer device. */
  readonly by: RelayUrl | DeviceId;
  /** Tells observers apart that stand beside one relay. */
  readonly observer: string;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
}

/** What follows from the observations. */
export interface AddressVerdict {
  /** Addresses to offer to peers. None behind a symmetric NAT: what one sees there leads nobody else here. */
  readonly hold: readonly SocketAddress[];
  readonly nat: NatKind;
}

/** What came of asking the observers of this device's home relay. */
export interface AskedObservers {
  /** Whether there is one. */
  readonly hasObserver: boolean;
  /** Observers asked in a row of which none answered. */
  readonly silentCount: number;
  /** Whether one has answered since the network last changed. */
  readonly hasAnswered: boolean;
}

/** The last observation of everybody, until the network changes. */
export interface ObservedAddresses {
  /** Keeps it in the place of the observer's last one. An address no packet can come from is left out. */
  note(observation: Observation): void;
  /** The network changed: nothing holds any more. */
  forget(): void;
  list(): readonly Observation[];
  /** Observers were looked for, and asked where there are any. @param observerCount 0: there was none to ask */
  noteAsked(observerCount: number, isAnswered: boolean): void;
  readonly asked: AskedObservers;
  /** @param localIps the addresses of the interfaces of this machine */
  verdict(localIps: ReadonlySet<string>): AddressVerdict;
}

const NOBODY_ASKED: AskedObservers = { hasObserver: false, silentCount: 0, hasAnswered: false };

/** Observers remembered; the one heard longest ago goes first. */
const MAX_OBSERVERS = 16;

export const observedAddresses = (): ObservedAddresses => {
  const observations = new Map<string, Observation>();
  let asked = NOBODY_ASKED;
  return {
    note: (observation) => {
      if (isIn(NOWHERE, ipOf(observation.address))) return;
      observations.delete(observation.observer);
      observations.set(observation.observer, observation);
      const [oldest] = observations.keys();
      if (observations.size > MAX_OBSERVERS && oldest !== undefined) observations.delete(oldest);
    },
    noteAsked: (observerCount, isAnswered) => {
      if (observerCount === 0) asked = NOBODY_ASKED;
      else if (isAnswered) asked = { hasObserver: true, silentCount: 0, hasAnswered: true };
      else asked = { ...asked, hasObserver: true, silentCount: asked.silentCount + observerCount };
    },
    get asked() {
      return asked;
    },
    forget: () => {
      observations.clear();
      asked = NOBODY_ASKED;
    },
    list: () => [...observations.values()],
    verdict: (localIps) => judgeObservations([...observations.values()], localIps),
  };
};

/**
 * Observations this close together are of one moment, so that their ports can be compared. Longer than an ask may take
 * (4 s), shorter than the pause between two (25 s): a NAT that forgot a mapping in between is not a symmetric one.
 */
const ONE_MOMENT_MS = 10_000;

/**
 * A mapping that has to be kept is used more often than every 30 s, which is when many NATs forget one; iroh looks at
 * its own network every 20 to 26 s for the same reason (iroh 1.0.2).
 */
export const KEEP_MAPPING_MS = 25_000;

/** How often an outside address is looked at that needs no keeping: a provider may have given out another one. */
export const LOOK_AGAIN_MS = 300_000;

/** When to ask again. A NAT that keeps the port gives the same one again when a peer is dialled, however long after. */
export const askAgainAfterMs = ({ hold }: AddressVerdict, localPort: number): number =>
  hold.some((address) => portOf(address) !== localPort) ? KEEP_MAPPING_MS : LOOK_AGAIN_MS;

/** Pure: decides by what is given alone. */
export const judgeObservations = (
  observations: readonly Observation[],
  localIps: ReadonlySet<string>,
): AddressVerdict => {
  const scopes = Map.groupBy(
    observations.filter(({ address }) => !localIps.has(ipOf(address))),
    ({ address }) => scopeOf(ipOf(address)),
  );
  const verdicts = new Map([...scopes].map(([scope, within]) => [scope, judgeScope(within)]));
  const hasPublicAddress = observations.some(({ address }) => {
    const ip = ipOf(address);
    return localIps.has(ip) && !isIn(PRIVATE, ip) && !isIn(NEVER_PUBLIC, ip);
  });
  // IPv4 is what is translated: where both are seen, its NAT is the one that matters.
  const outside = verdicts.get('ipv4') ?? verdicts.get('ipv6');
  return {
    hold: [...verdicts.values()].flatMap(({ hold }) => hold),
    nat: outside?.nat ?? (hasPublicAddress ? 'none' : 'unknown'),
  };
};

/** Of observations that can be compared, none of an address of this machine. */
const judgeScope = (observations: readonly Observation[]): AddressVerdict => {
  const newest = observations.reduce((one, other) => (other.atMs >= one.atMs ? other : one));
  const ofTheMoment = observations.filter(({ atMs }) => newest.atMs - atMs <= ONE_MOMENT_MS);
  if (ofTheMoment.some(({ address }) => address !== newest.address)) return { hold: [], nat: 'symmetric' };
  return { hold: [newest.address], nat: ofTheMoment.length > 1 ? 'endpoint-independent' : 'unknown' };
};

/** Whoever sees a private address stands inside the outermost NAT: what it sees says nothing of that one. */
const scopeOf = (ip: string): string => {
  if (isIn(PRIVATE, ip)) return ip;
  return isIPv4(ip) ? 'ipv4' : 'ipv6';
};

/** The IP address of a socket address. */
export const ipOf = (address: SocketAddress): string =>
  address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');

const portOf = (address: SocketAddress): number => Number(address.slice(address.lastIndexOf(':') + 1));

const isIn = (list: BlockList, ip: string): boolean => list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6');

const blockList = (subnets: readonly (readonly [network: string, bits: number])[]): BlockList => {
  const list = new BlockList();
  for (const [network, bits] of subnets) list.addSubnet(network, bits, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
};

/** Private (RFC 1918, RFC 4193), and shared by the customers of a provider (RFC 6598). */
const PRIVATE = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00::', 7],
]);

/** Of documentation (RFC 5737, RFC 3849, RFC 9637), of benchmarks (RFC 2544), of protocols (RFC 6890): never on the internet. */
const NEVER_PUBLIC = blockList([
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['2001:db8::', 32],
  ['3fff::', 20],
]);

/** Unspecified, loopback, link-local and multicast: nothing a peer elsewhere could dial. */
const NOWHERE = blockList([
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
]);
