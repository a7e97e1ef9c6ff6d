import type { BlockedDevice, DeviceId, PersistenceChannel } from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';

/** Who is kept out, as it is stored. */
export interface BlockedDevices {
  /** In the order they were blocked. */
  list(): readonly BlockedDevice[];
  /** It is stored. */
  add(blocked: BlockedDevice): void;
  /** It is stored no more. */
  remove(deviceId: DeviceId): void;
}

type Store = Pick<SupervisedWorker<PersistenceChannel>, 'client'>;

export const openBlockedDevices = async ({ client }: Store): Promise<BlockedDevices> => {
  const { blocked: stored } = await client.request('listBlocked', {});
  let blocked = stored;
  const without = (deviceId: DeviceId) => blocked.filter(({ id }) => id !== deviceId);
  return {
    list: () => blocked,
    add: (device) => {
      blocked = [...without(device.id), device];
    },
    remove: (deviceId) => {
      blocked = without(deviceId);
    },
  };
};
