import type { DeviceId } from './ids.ts';

/**
 * What an actor is told of the paired devices, as `setPeers`. It says how things are, never what happened: telling it
 * again changes nothing. Whoever tells begins with `all` whenever the actor is ready, so that one that was started again,
 * or is placed elsewhere, knows what it must; `some` after it spares a long list for one change.
 */
export interface PeerList<Peer extends { readonly deviceId: DeviceId }> {
  /** `all`: whoever is not listed is paired no more. `some`: whoever is not listed stays as it is. */
  readonly scope: 'all' | 'some';
  readonly peers: readonly Peer[];
  /** With `some`: devices that are paired no more; unknown ids are ignored. @defaultValue none */
  readonly gone?: readonly DeviceId[];
}

/** The devices of `known` that are paired no more, by what `list` says. */
export const peersGone = <Peer extends { readonly deviceId: DeviceId }>(
  { scope, peers, gone = [] }: PeerList<Peer>,
  known: Iterable<DeviceId>,
): readonly DeviceId[] => {
  if (scope === 'some') return gone;
  const listed = new Set(peers.map(({ deviceId }) => deviceId));
  return [...known].filter((deviceId) => !listed.has(deviceId));
};
