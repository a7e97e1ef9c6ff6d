import {
  addressScopeOf,
  type DeviceId,
  ipOf,
  isPublicAddress,
  type NatKind,
  portOf,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import type { AddressObservationOptions } from './options.ts';

/** Somebody outside told the address this device is seen at. */
export interface Observation {
  readonly address: SocketAddress;
  /** For the person: the relay beside which the observer stands, or the peer device. */
  readonly by: RelayUrl | DeviceId;
  /** An observer stands beside a relay the person chose; a peer may be anybody's device by now. */
  readonly witness: 'observer' | 'peer';
  /** Wall clock, milliseconds. */
  readonly atMs: number;
}

/** What follows from the observations. */
export interface AddressVerdict {
  /** Addresses to offer to peers. None behind a symmetric NAT: what one sees there leads nobody else here. */
  readonly hold: readonly SocketAddress[];
  readonly nat: NatKind;
}

/**
 * Observations this close together are of one moment, so that their ports can be compared. Longer than an ask may take
 * (4 s), shorter than the pause between two (25 s): a NAT that forgot a mapping in between is not a symmetric one.
 */
const ONE_MOMENT_MS = 10_000;

/** Peers that must say the same before it counts: what follows may never hang on the word of one. */
const PEERS_THAT_COUNT = 2;

const NOTHING: AddressVerdict = Object.freeze({ hold: Object.freeze([]), nat: 'unknown' });

/** When to ask again. A NAT that keeps the port gives the same one again when a peer is dialled, however long after. */
export const askAgainAfterMs = (
  { hold }: AddressVerdict,
  localPort: number | null,
  { keepMappingMs, lookAgainMs }: Pick<AddressObservationOptions, 'keepMappingMs' | 'lookAgainMs'>,
): number => (hold.some((address) => portOf(address) !== localPort) ? keepMappingMs : lookAgainMs);

/** Whether a packet of somebody else can have come from there: not from loopback, link-local or multicast addresses. */
export const isSeenFromOutside = (address: SocketAddress): boolean => {
  const scope = addressScopeOf(ipOf(address));
  return scope === 'private' || scope === 'internet';
};

/** Pure: decides by what is given alone, the last observation of everybody on one network. */
export const judgeObservations = (
  observations: readonly Observation[],
  localIps: ReadonlySet<string>,
): AddressVerdict => {
  const scopes = Map.groupBy(
    observations.filter(({ address }) => !localIps.has(ipOf(address))),
    ({ address }) => comparedWithin(ipOf(address)),
  );
  const verdicts = new Map([...scopes].map(([scope, within]) => [scope, judgeScope(within)]));
  // IPv4 is what is translated: where both are seen, its NAT is the one that matters.
  const outside = verdicts.get('ipv4') ?? verdicts.get('ipv6');
  const isUntranslated = (outside === undefined || outside === NOTHING) && isSeenAtOwnAddress(observations, localIps);
  return {
    hold: [...verdicts.values()].flatMap(({ hold }) => hold),
    nat: isUntranslated ? 'none' : (outside?.nat ?? 'unknown'),
  };
};

/** Of observations that can be compared, none of an address of this machine. */
const judgeScope = (observations: readonly Observation[]): AddressVerdict => {
  const ofObservers = observations.filter(({ witness }) => witness === 'observer');
  return ofObservers.length > 0 ? judgeObservers(ofObservers) : judgePeers(observations);
};

const judgeObservers = (observations: readonly Observation[]): AddressVerdict => {
  const newest = newestOf(observations);
  const ofTheMoment = observations.filter(({ atMs }) => newest.atMs - atMs <= ONE_MOMENT_MS);
  if (ofTheMoment.some(({ address }) => address !== newest.address)) return { hold: [], nat: 'symmetric' };
  return { hold: [newest.address], nat: ofTheMoment.length > 1 ? 'endpoint-independent' : 'unknown' };
};

/**
 * Whichever peer is left out, the verdict stands: an address is held that two have seen, and ports that differ are the NAT's
 * doing when they still differ without any one of those who saw them.
 */
const judgePeers = (observations: readonly Observation[]): AddressVerdict => {
  const newest = newestOf(observations);
  const ofTheMoment = observations.filter(({ atMs }) => newest.atMs - atMs <= ONE_MOMENT_MS);
  const mostAlike = Math.max(...byAddress(ofTheMoment).map(({ length }) => length));
  if (ofTheMoment.length - mostAlike >= PEERS_THAT_COUNT) return { hold: [], nat: 'symmetric' };
  const confirmed = byAddress(observations)
    .filter(({ length }) => length >= PEERS_THAT_COUNT)
    .toSorted((one, other) => confirmedAtMs(other) - confirmedAtMs(one))[0];
  if (confirmed?.[0] === undefined) return NOTHING;
  const isOfOneMoment = newestOf(confirmed).atMs - confirmedAtMs(confirmed) <= ONE_MOMENT_MS;
  return { hold: [confirmed[0].address], nat: isOfOneMoment ? 'endpoint-independent' : 'unknown' };
};

const newestOf = (observations: readonly Observation[]): Observation =>
  observations.reduce((one, other) => (other.atMs >= one.atMs ? other : one));

const byAddress = (observations: readonly Observation[]): readonly (readonly Observation[])[] => [
  ...Map.groupBy(observations, ({ address }) => address).values(),
];

/** When the second newest of them was made: the newest alone could be anybody's invention. */
const confirmedAtMs = (observations: readonly Observation[]): number =>
  observations.map(({ atMs }) => atMs).toSorted((one, other) => other - one)[PEERS_THAT_COUNT - 1] ?? 0;

/** Whether those that count see a public address of this machine itself. */
const isSeenAtOwnAddress = (observations: readonly Observation[], localIps: ReadonlySet<string>): boolean => {
  const atOwn = observations.filter(({ address }) => localIps.has(ipOf(address)) && isPublicAddress(ipOf(address)));
  return atOwn.length >= PEERS_THAT_COUNT || atOwn.some(({ witness }) => witness === 'observer');
};

/** Whoever sees a private address stands inside the outermost NAT: what it sees says nothing of that one. */
const comparedWithin = (ip: string): string => {
  if (addressScopeOf(ip) === 'private') return ip;
  return ip.includes(':') ? 'ipv6' : 'ipv4';
};
