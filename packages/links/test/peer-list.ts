import type { DeviceId, LinkPeer, PeerList } from '@bowline/contracts';

/** One device as it is told to links; what is left out is as for a device paired just now. */
export const peerList = (peer: Pick<LinkPeer, 'deviceId' | 'endpointId'> & Partial<LinkPeer>): PeerList<LinkPeer> => ({
  scope: 'some',
  peers: [{ incarnation: 0, lastReceived: null, pairing: 1, ...peer }],
});

/** A device that is paired no more. */
export const gone = (deviceId: DeviceId): PeerList<LinkPeer> => ({ scope: 'some', peers: [], gone: [deviceId] });
