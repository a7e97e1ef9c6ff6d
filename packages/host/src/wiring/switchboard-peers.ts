import {
  type ChannelClient,
  type DeviceId,
  type EndpointId,
  type PeerList,
  peersGone,
  type RelaySwitchboardChannel,
} from '@bowline/contracts';
import type { RelayedPeer } from '../peers/peer-views.ts';

/** Tells the switchboard a list of peers, one by one. */
export const switchboardPeers = (switchboard: ChannelClient<RelaySwitchboardChannel>) => {
  const told = new Map<DeviceId, EndpointId>();
  return async (list: PeerList<RelayedPeer>): Promise<void> => {
    const asked: Promise<unknown>[] = [];
    for (const deviceId of peersGone(list, [...told.keys()])) {
      const endpointId = told.get(deviceId);
      if (endpointId !== undefined) asked.push(switchboard.request('forgetPeer', { endpointId }));
      told.delete(deviceId);
    }
    for (const { deviceId, endpointId, relayUrls, tokens } of list.peers) {
      const mayHaveLent = told.has(deviceId) || tokens.length > 0;
      if (mayHaveLent) asked.push(switchboard.request('lendTokens', { endpointId, tokens }));
      if (relayUrls.length > 0) asked.push(switchboard.request('hintPeer', { endpointId, relayUrls }));
      told.set(deviceId, endpointId);
    }
    await Promise.all(asked);
  };
};
