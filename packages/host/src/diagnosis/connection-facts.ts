import { isIPv6 } from 'node:net';
import type {
  LinkStatus,
  ObservedAddressReport,
  RelayStatus,
  RelayUrl,
  RoundTrip,
  TrafficReport,
} from '@bowline/contracts';
import { addressScopeOf, ipOf } from '@bowline/contracts';
import type { ConnectionFacts, PathScope } from '@bowline/diagnosis';
import { localIpsOf, type NetworkInterfaces } from '../network-fingerprint.ts';
import { addressesOf, type Peer } from '../peers/peer.ts';
import { mayUseRelays } from '../peers/peer-views.ts';
import { type TcpSources, tcpWithDevice } from '../tcp/tcp-with-device.ts';
import { pathScopeOf } from './path-scope.ts';

/** What the facts of one connection are put together from. */
export interface ConnectionSources extends Omit<TcpSources, 'peer'> {
  readonly peer: Peer;
  /** `undefined`: links know nothing of it yet. */
  readonly link: LinkStatus | undefined;
  /** Share of the packets of the link's path that were lost lately, 0 to 1; `null`: not known. */
  readonly lossRatio: number | null;
  /** The same of the packets that the peer sent, as it tells. */
  readonly lossRatioThere: number | null;
  /** How the peer's dial by TCP failed, as it tells. */
  readonly tcpFailureThere: ConnectionFacts['tcpFailureThere'];
  /** Whom this device has a direct path to, and where it goes; the peer may be among them. */
  readonly directPeers: readonly Pick<Peer, 'device' | 'path'>[];
  /** On the link's path, as they were measured anyway; each side of the connection measures some of them. */
  readonly roundTrips: readonly RoundTrip[];
  readonly relays: readonly RelayStatus[];
  /** `null`: not to be had at the moment. */
  readonly traffic: TrafficReport | null;
  /** Relays that say the peer is not there, and when they said so, wall clock, milliseconds. */
  readonly absences: ConnectionFacts['absences'];
  readonly observations: readonly ObservedAddressReport[];
  readonly interfaces: ReturnType<NetworkInterfaces>;
}

/** What this device knows of its connection to one peer. Pure. */
export const connectionFactsOf = (sources: ConnectionSources): ConnectionFacts => {
  const { peer, link, relays, absences, interfaces } = sources;
  const { device, contact } = peer;
  const { lastDown, lastFailure, lastRefusal, failureCount, sightedAtMs, pathSinceMs } = contact;
  const addresses = addressesOf(peer);
  const peerRelayUrls = device.relayInfo?.relayUrls ?? [];
  const state = link?.state ?? 'offline';
  const { tcp, tcpAbsence } = tcpWithDevice(sources);
  const sharedRelayUrls = peerRelayUrls.filter((url) =>
    relays.some((relay) => relay.url === url && relay.state === 'connected'),
  );
  return {
    state,
    stateSinceMs: link?.sinceMs ?? null,
    path: state === 'connected' ? pathFactsOf(sources) : null,
    pathSinceMs,
    rttMs: link?.rttMs ?? null,
    tcpBytesPerSecond: tcp?.bytesPerSecond ?? null,
    tcpAbsence,
    tcpFailure: sources.tcp?.links.find(({ deviceId }) => deviceId === device.id)?.lastFailure ?? null,
    tcpFailureThere: sources.tcpFailureThere,
    tcpWithOthers: tcpWithOthers(sources),
    // Heartbeats ride on a stream that repeats what is lost, so that none of them is seen to be: QUIC counts what is.
    lossRatio: sources.lossRatio,
    lossRatioThere: sources.lossRatioThere,
    roundTripsMs: latest(sources.roundTrips).map(({ rttMs }) => rttMs),
    lastDown,
    lastFailure,
    lastRefusal,
    failureCount,
    lastHeardAtMs: device.lastSeenAtMs,
    sightedAtMs,
    knownAddressCount: addresses.length,
    nearAddressCount: addresses.filter((address) => isNear(pathScopeOf(ipOf(address), interfaces))).length,
    usesRelays: mayUseRelays(device),
    peerRelayUrls,
    sharedRelayUrls,
    absences: absences.filter(({ url }) => sharedRelayUrls.includes(url)),
    isOverBudget: isOverBudget(sources),
    sharesOutsideAddress: sharesOutsideAddress(sources),
    nearestRelay: nearestOf(relays, peerRelayUrls),
  };
};

/** Others on the networks of this device: beyond them other firewalls stand on the way. */
const tcpWithOthers = ({ peer, tcp, directPeers, interfaces }: ConnectionSources): ConnectionFacts['tcpWithOthers'] => {
  const attempts = directPeers.flatMap(({ device, path }) => {
    const ip = path?.remoteAddress == null ? null : ipOf(path.remoteAddress);
    if (device.id === peer.device.id || ip === null || pathScopeOf(ip, interfaces) !== 'lan') return [];
    const known = tcp?.links.find(({ deviceId }) => deviceId === device.id);
    if (known?.lastAttempt == null) return [];
    // One that could not be dialled for want of an address says nothing.
    return known.lastAttempt === 'failed' && !known.isDiallable ? [] : [known];
  });
  const failed = attempts.filter(({ lastAttempt }) => lastAttempt === 'failed');
  return { stoodCount: attempts.length - failed.length, failedCount: failed.length };
};

/** So many are enough to say how they are spread, and those of a minute or two. */
const ROUND_TRIPS = 64;

const latest = (roundTrips: readonly RoundTrip[]): readonly RoundTrip[] =>
  roundTrips.toSorted((one, other) => one.agoMs - other.agoMs).slice(0, ROUND_TRIPS);

const isNear = (scope: PathScope): boolean => scope === 'lan' || scope === 'loopback';

const pathFactsOf = ({ peer, link, interfaces }: ConnectionSources): ConnectionFacts['path'] => {
  const path = link?.path ?? peer.path;
  if (path === null) return null;
  if (path.kind === 'relay') return { kind: 'relay', relayUrl: peer.relayUrl };
  if (path.remoteAddress === null) return null;
  const ip = ipOf(path.remoteAddress);
  return {
    kind: 'direct',
    family: isIPv6(ip) && !ip.startsWith('::ffff:') ? 'ipv6' : 'ipv4',
    scope: pathScopeOf(ip, interfaces),
    learntFrom: peer.contact.learntFrom,
  };
};

const isOverBudget = ({ peer, traffic }: ConnectionSources): boolean => {
  const budget = traffic?.budget ?? null;
  if (traffic === null || budget === null) return false;
  const { peerBytesPerDay, totalBytesPerDay } = budget;
  const spentBytes =
    traffic.peers.find(({ endpointId }) => endpointId === peer.device.endpointId)?.spentTodayBytes ?? 0;
  return (
    (peerBytesPerDay !== null && spentBytes >= peerBytesPerDay) ||
    (totalBytesPerDay !== null && traffic.spentTodayBytes >= totalBytesPerDay)
  );
};

/** The peer tells the addresses it is seen at among its own, so that the two can be compared without asking anybody. */
const sharesOutsideAddress = ({ peer, observations, interfaces }: ConnectionSources): boolean | null => {
  const localIps = localIpsOf(interfaces);
  const isOutside = (ip: string): boolean => addressScopeOf(ip) === 'internet' && !localIps.has(ip);
  const ours = new Set(observations.map(({ address }) => ipOf(address)).filter(isOutside));
  const theirs = peer.device.directAddresses.map(({ address }) => ipOf(address)).filter(isOutside);
  if (ours.size === 0 || theirs.length === 0) return null;
  return theirs.some((ip) => ours.has(ip));
};

const nearestOf = (
  relays: readonly RelayStatus[],
  peerRelayUrls: readonly RelayUrl[],
): ConnectionFacts['nearestRelay'] => {
  const measured = relays.flatMap(({ url, rttMs, state }) =>
    state === 'connected' && rttMs !== null && peerRelayUrls.includes(url) ? [{ url, rttMs }] : [],
  );
  const [nearest] = measured.toSorted((one, other) => one.rttMs - other.rttMs);
  return nearest ?? null;
};
