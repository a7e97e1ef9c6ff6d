import {
  type BlockedDevice,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  errorCode,
  errorMessage,
  InvalidOptionError,
} from '@bowline/contracts';
import type { System } from '../system.ts';
import { admitDevices } from './bind-endpoint.ts';

/**
 * Keeps an endpoint out: in the store first, so that it stays out, then at the endpoint, where all it has open ends, then
 * as `removePeer` does. Rejects, and changes nothing, when the store does.
 */
export const blockEndpoint = async (system: System, endpointId: EndpointId): Promise<BlockedDevice> => {
  const { parts, peers, hub, unpaired, blocked, own, presenceKey } = system;
  if (endpointId === own.current.device.endpointId) {
    throw new InvalidOptionError('device', 'must be another device than this one', endpointId);
  }
  const deviceId = deviceIdOf(endpointId);
  const known = peers.get(deviceId);
  if (known !== undefined) {
    await unpaired.add(endpointId, known.device.pairingId ?? null);
    await presenceKey.renew();
  }
  const { blocked: device } = await parts.persistence.client.request('blockDevice', { endpointId });
  const isNew = blocked.list().every(({ id }) => id !== deviceId);
  blocked.add(device);
  await admit(system);
  // Somebody else may have asked for the same.
  if (peers.get(deviceId) !== undefined) {
    await peers.remove(deviceId);
    own.update({ presenceKey: presenceKey.current });
    hub.tell({ event: 'device.removed', deviceId, name: known?.device.name ?? deviceId, by: 'us' });
  }
  if (isNew) hub.tell({ event: 'device.blocked', deviceId, name: device.name });
  return device;
};

/** Keeps it out no more; it can be paired again. */
export const unblockDevice = async (system: System, deviceId: DeviceId): Promise<void> => {
  const { parts, hub, blocked } = system;
  const known = blocked.list().find(({ id }) => id === deviceId);
  const { wasBlocked } = await parts.persistence.client.request('unblockDevice', { deviceId });
  blocked.remove(deviceId);
  await admit(system);
  if (wasBlocked) hub.tell({ event: 'device.unblocked', deviceId, name: known?.name ?? null });
};

/** What is decided is stored: an endpoint that cannot hear it now is bound with it. */
const admit = async (system: System): Promise<void> => {
  try {
    await admitDevices(system);
  } catch (error) {
    system.logger.warn({ code: errorCode(error), reason: errorMessage(error) }, 'endpoint not told who is blocked yet');
  }
};
