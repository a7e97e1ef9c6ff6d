import type { Cancel, DeviceId, InboxMessage, PersistenceChannel } from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';

/** The messages in the store that nobody has taken yet, and who needs to hear that there are more or fewer. */
export interface HostInbox {
  /** Of one device or (`null`) of all, oldest first; at most `limit` and 4 MiB, and only an empty answer is the end. */
  list(deviceId: DeviceId | null, afterPosition: number, limit: number): Promise<readonly InboxMessage[]>;
  /** Takes messages: they are not delivered again. Answers how many of the positions were still there. */
  take(positions: readonly number[]): Promise<number>;
  /** A message of the device was stored. */
  noteArrived(deviceId: DeviceId): void;
  onArrived(listener: (deviceId: DeviceId) => void): Cancel;
  /** There is room for more of the device. */
  onTaken(listener: (deviceId: DeviceId) => void): Cancel;
}

export const hostInbox = ({ client }: Pick<SupervisedWorker<PersistenceChannel>, 'client'>): HostInbox => {
  const arrivals = new Set<(deviceId: DeviceId) => void>();
  const takings = new Set<(deviceId: DeviceId) => void>();
  const listen = (listeners: Set<(deviceId: DeviceId) => void>, listener: (deviceId: DeviceId) => void): Cancel => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  return {
    list: async (deviceId, afterPosition, limit) =>
      (await client.request('listInbox', { deviceId, afterPosition, limit })).messages,
    take: async (positions) => {
      const { taken } = await client.request('takeMessages', { positions });
      for (const deviceId of new Set(taken.map((message) => message.deviceId))) {
        for (const listener of [...takings]) listener(deviceId);
      }
      return taken.length;
    },
    noteArrived: (deviceId) => {
      for (const listener of [...arrivals]) listener(deviceId);
    },
    onArrived: (listener) => listen(arrivals, listener),
    onTaken: (listener) => listen(takings, listener),
  };
};
