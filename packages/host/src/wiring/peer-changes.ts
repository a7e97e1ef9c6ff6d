import type { DeviceId } from '@bowline/contracts';
import type { System } from '../system.ts';

/**
 * Forgets a device: in the store first, so that it stays forgotten, then here and wherever it was told. With `by: 'us'` the
 * device is told: now if it is connected, otherwise when it comes. Rejects, and changes nothing, when the store does.
 */
export const removePeer = async (system: System, deviceId: DeviceId, by: 'us' | 'peer'): Promise<void> => {
  const { parts, peers, hub, unpaired, own, presenceKey } = system;
  const known = peers.get(deviceId);
  if (known === undefined) return;
  if (by === 'us') await unpaired.add(known.device.endpointId, known.device.pairingId ?? null);
  // It must not be able to follow this device any more; the others are told when it is gone.
  await presenceKey.renew();
  await parts.persistence.client.request('removeDevice', { deviceId });
  // Somebody else may have asked for the same.
  if (peers.get(deviceId) === undefined) return;
  await peers.remove(deviceId);
  own.update({ presenceKey: presenceKey.current });
  hub.tell({ event: 'device.removed', deviceId, name: known.device.name, by });
};

/** Stores and tells the name this device's owner gives a peer; what the peer calls itself later does not replace it. */
export const renamePeer = async ({ parts, peers, hub }: System, deviceId: DeviceId, name: string): Promise<void> => {
  if (peers.get(deviceId) === undefined) return;
  await parts.persistence.client.request('renameDevice', { deviceId, name });
  peers.updateRecord(deviceId, { name });
  hub.tell({ event: 'device.renamed', deviceId, name });
};
