import { cleanDisplayName, InvalidOptionError } from '@bowline/contracts';
import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { findDevice } from '../peers/find-device.ts';
import { unblockDevice } from '../wiring/block-devices.ts';
import { removePeer, renamePeer } from '../wiring/peer-changes.ts';
import { blockDevice } from './block-device.ts';
import { ownDeviceHandle } from './own-device-handle.ts';

type DeviceMethods = Pick<
  Host,
  | 'devices'
  | 'findDevice'
  | 'device'
  | 'ping'
  | 'reconnect'
  | 'rename'
  | 'renameSelf'
  | 'unpair'
  | 'block'
  | 'unblock'
  | 'blocked'
>;

export const deviceMethods = (now: () => RunningHost, send: Host['send']): DeviceMethods => ({
  devices: () => now().system.peers.list(),
  findDevice: (query) => now().system.peers.find(query),
  device: (query) => ownDeviceHandle(now, send, now().system.peers.find(query).id),
  ping: (deviceId) => now().system.parts.links.client.request('ping', { deviceId }),
  reconnect: (deviceId) => now().system.parts.scheduler.client.request('nudge', { deviceId, cause: 'user' }),
  rename: async (deviceId, name) => renamePeer(now().system, deviceId, checkedName(name)),
  renameSelf: async (name) => {
    const { own, parts } = now().system;
    const clean = checkedName(name);
    await parts.persistence.client.request('renameSelf', { name: clean });
    own.update({ device: { ...own.current.device, name: clean } });
  },
  unpair: (deviceId) => removePeer(now().system, deviceId, 'us'),
  block: async (device) => blockDevice(now().system, device),
  unblock: async (query) => {
    const { system } = now();
    const found = findDevice(system.blocked.list(), query, 'blocked');
    await unblockDevice(system, found.id);
    return found;
  },
  blocked: () => now().system.blocked.list(),
});

/** @throws {@link InvalidOptionError} where nothing of it can be seen */
const checkedName = (name: string): string => {
  const clean = cleanDisplayName(name);
  if (clean === '') throw new InvalidOptionError('name', 'must hold a visible character', name);
  return clean;
};
