import {
  type ConnectionPath,
  cleanDisplayName,
  InvalidOptionError,
  type LinkIdentity,
  MAX_DIRECT_ADDRESSES,
  MAX_RELAY_URLS,
  type Random,
  type RelayInfo,
  type SocketAddress,
} from '@bowline/contracts';
import { LINK_PROTOCOL_VERSION, type LinkGreeting, type PeerReport } from '@bowline/link-protocol';

/** Who this device says it is, and the counter that orders what it says. */
export interface OwnGreetings {
  /** `null` before the first {@link present}. */
  readonly identity: LinkIdentity | null;
  /** Answers whether peers that are linked should be told of a new name or new addresses. */
  present(identity: LinkIdentity): boolean;
  /** Greetings hold this record from now on, unless a newer one is known. */
  presentRelays(relayInfo: RelayInfo): void;
  /** A greeting to one peer, with a turn of its own: say it, or let it be, but never keep it for later. */
  greet(identity: LinkIdentity, report: PeerReport, path: ConnectionPath | null): LinkGreeting;
}

/** Bytes of `life`: with 64 random bits no two runs of a device ever agree. */
const LIFE_BYTES = 8;

/** What the wire takes: a clean name, lists within their bounds. */
const fitForWire = (identity: LinkIdentity): LinkIdentity => {
  const name = cleanDisplayName(identity.name);
  if (name === '') throw new InvalidOptionError('name', 'must have at least one visible character', identity.name);
  return {
    ...identity,
    name,
    relayInfo: relaysForWire(identity.relayInfo),
    directAddresses: identity.directAddresses.slice(0, MAX_DIRECT_ADDRESSES),
  };
};

/** The record as the wire takes it. */
export const relaysForWire = (relayInfo: RelayInfo): RelayInfo => ({
  homeRelayUrl: relayInfo.homeRelayUrl,
  relayUrls: relayInfo.relayUrls.slice(0, MAX_RELAY_URLS),
  revision: relayInfo.revision,
  incarnation: relayInfo.incarnation,
});

/** Where we see the other side: what it cannot know of itself behind a NAT. */
const observedAddress = (path: ConnectionPath | null): SocketAddress | null =>
  path?.kind === 'direct' ? path.remoteAddress : null;

export const ownGreetings = (random: Random): OwnGreetings => {
  const life = Buffer.from(random.bytes(LIFE_BYTES)).toString('hex');
  let identity: LinkIdentity | null = null;
  let turn = 0;

  return {
    get identity() {
      return identity;
    },
    present: (presented) => {
      const before = identity;
      const next = fitForWire(presented);
      const isOther =
        before !== null && (before.endpointId !== next.endpointId || before.incarnation > next.incarnation);
      if (isOther) {
        throw new InvalidOptionError(
          'identity',
          'must stay the same device, and its incarnation must not fall, until stop',
          next.endpointId,
        );
      }
      identity = next;
      return (
        before !== null && (before.name !== next.name || before.directAddresses.join() !== next.directAddresses.join())
      );
    },
    presentRelays: (relayInfo) => {
      if (identity !== null && relayInfo.revision > identity.relayInfo.revision) {
        identity = { ...identity, relayInfo: relaysForWire(relayInfo) };
      }
    },
    greet: ({ incarnation, name, relayInfo, directAddresses }, { received, heard }, path) => {
      turn += 1;
      return {
        version: LINK_PROTOCOL_VERSION,
        incarnation,
        life,
        turn,
        name,
        relayInfo,
        directAddresses,
        observedAddress: observedAddress(path),
        received,
        heard,
      };
    },
  };
};
