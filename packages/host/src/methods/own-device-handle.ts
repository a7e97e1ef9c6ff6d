import type { DeviceId } from '@bowline/contracts';
import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { type Device, deviceHandle } from '../services/device-handle.ts';
import { blockDevice } from './block-device.ts';

/** The handle of a device that is paired with this one. */
export const ownDeviceHandle = (now: () => RunningHost, send: Host['send'], deviceId: DeviceId): Device => {
  const { system, presence } = now();
  return deviceHandle(
    {
      ...system,
      presence,
      send,
      block: (device) => blockDevice(now().system, device),
      services: system.parts.services.client,
      nameOf: (id) => system.peers.get(id)?.device.name ?? id,
    },
    deviceId,
  );
};
