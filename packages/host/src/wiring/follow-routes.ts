import type { Cancel, RelayConnectionState, RelayUrl, RouteReason } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Notes through which relay each peer is reached, and tells the app when that changes, and why. */
export const followRoutes = ({ parts, peers, hub }: System): Cancel => {
  const { switchboard } = parts;
  /** The relays in use, as told last. */
  const states = new Map<RelayUrl, RelayConnectionState>();

  const reasonOf = (previous: RelayUrl | null): RouteReason => {
    if (previous === null) return 'first';
    return states.get(previous) === 'connected' ? 'peerMoved' : 'relayDown';
  };

  const cancels = [
    switchboard.client.on('relay.stateChanged', ({ url, state }) => states.set(url, state)),
    switchboard.client.on('relay.left', ({ url }) => states.delete(url)),
    switchboard.client.on('route.changed', ({ endpointId, relayUrl }) => {
      const peer = peers.getByEndpoint(endpointId);
      // Whoever is being paired is reached through relays, too.
      if (peer === undefined || peer.relayUrl === relayUrl) return;
      const { id: deviceId, name } = peer.device;
      const { relayUrl: previous } = peer;
      peers.update(deviceId, { relayUrl });
      hub.tell({ event: 'device.routeChanged', deviceId, name, relayUrl, previous, reason: reasonOf(previous) });
    }),
    switchboard.onStateChanged(({ state }) => {
      if (state === 'crashed') states.clear();
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
