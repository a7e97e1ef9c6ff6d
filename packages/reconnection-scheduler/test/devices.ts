import { brandAs, type DeviceId, type DialledPeer, type PeerList } from '@bowline/contracts';

/** Devices `d-0`, `d-1`, ... */
export const deviceNumber = (index: number): DeviceId => brandAs<DeviceId>(`d-${index}`);

export const devicesUpTo = (count: number): readonly DeviceId[] =>
  Array.from({ length: count }, (_, index) => deviceNumber(index));

/** One device as it is told to the scheduler now. */
export const peer = (
  deviceId: DeviceId,
  link: DialledPeer['link'] = 'down',
  dialAfterMs = 0,
): PeerList<DialledPeer> => ({ scope: 'some', peers: [{ deviceId, link, dialAfterMs }] });

/** A device that is paired no more. */
export const gone = (deviceId: DeviceId): PeerList<DialledPeer> => ({ scope: 'some', peers: [], gone: [deviceId] });
