import type {
  DeviceId,
  DialledPeer,
  EndpointId,
  LinkPeer,
  PeerDevice,
  RefreshedPeer,
  RelayToken,
  RelayUrl,
  ServicePeer,
  SightedPeer,
} from '@bowline/contracts';
import type { Peer } from './peer.ts';

/** How one worker sees a peer, and which facts it is told of again when they change. The others it learns by itself. */
export interface PeerView<View extends { readonly deviceId: DeviceId }> {
  readonly of: (peer: Peer) => View;
  readonly isNews: (before: Peer, after: Peer) => boolean;
}

const differIn =
  (...facts: readonly ((peer: Peer) => unknown)[]) =>
  (before: Peer, after: Peer): boolean =>
    facts.some((fact) => fact(before) !== fact(after));

export const linksView: PeerView<LinkPeer> = {
  of: ({ pairing, device: { id: deviceId, endpointId, incarnation, lastReceived, claim = null } }) => {
    return { deviceId, endpointId, incarnation, lastReceived, pairing, claim };
  },
  isNews: differIn(({ pairing }) => pairing),
};

export const servicesView: PeerView<ServicePeer> = {
  of: ({ pairing, device: { id: deviceId } }) => ({ deviceId, pairing }),
  isNews: differIn(({ pairing }) => pairing),
};

export const schedulerView: PeerView<DialledPeer> = {
  of: ({ device, link, dialAfterMs }) => ({ deviceId: device.id, link, dialAfterMs }),
  isNews: differIn(({ link }) => link),
};

export const refreshView: PeerView<RefreshedPeer> = {
  of: ({ device: { id: deviceId, relayInfo }, pairing, link, heardRelayInfo: heard }) => {
    return { deviceId, pairing, isLinked: link === 'up', relayInfo, heard };
  },
  // A record that is said again is another object, and a word all the same.
  isNews: differIn(
    ({ pairing }) => pairing,
    ({ link }) => link === 'up',
    ({ heardRelayInfo }) => heardRelayInfo,
  ),
};

/** It was on the local network, and went without a goodbye: the network it is on may be away with it. */
const isAwaited = ({ link, sightedAddresses }: Peer): boolean => link === 'down' && sightedAddresses.length > 0;

export const mdnsView: PeerView<SightedPeer> = {
  of: (peer) => {
    const { device, presenceKey } = peer;
    return { deviceId: device.id, endpointId: device.endpointId, presenceKey, isAwaited: isAwaited(peer) };
  },
  isNews: differIn(({ presenceKey }) => presenceKey, isAwaited),
};

/** Whether what is said with a device may go through relays. */
export const mayUseRelays = ({ permissions }: Pick<PeerDevice, 'permissions'>): boolean =>
  permissions?.relay !== 'deny';

/** A peer, as far as it matters for reaching it through relays. */
export interface RelayedPeer {
  readonly deviceId: DeviceId;
  readonly endpointId: EndpointId;
  readonly relayUrls: readonly RelayUrl[];
  /** `null` while they are not read from the store. */
  readonly tokens: readonly RelayToken[] | null;
  readonly usesRelays: boolean;
}

export const switchboardView: PeerView<RelayedPeer> = {
  of: ({ device, lentTokens: tokens }) => {
    const { id: deviceId, endpointId, relayInfo } = device;
    const usesRelays = mayUseRelays(device);
    return { deviceId, endpointId, relayUrls: usesRelays ? (relayInfo?.relayUrls ?? []) : [], tokens, usesRelays };
  },
  isNews: differIn(
    ({ device }) => device.relayInfo,
    ({ device }) => mayUseRelays(device),
    ({ lentTokens }) => lentTokens,
  ),
};
