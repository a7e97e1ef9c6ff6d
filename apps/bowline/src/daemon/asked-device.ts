import { type DeviceId, errorCode, type JournalEntry, type PeerDevice } from '@bowline/contracts';
import { DeviceNotFoundError, devicesThatFit, type Host } from '@bowline/host';

/** Entries looked through for a device that is gone, the newest. */
const LATEST_ENTRIES = 1_000;

/**
 * The paired device that a client asks for. Of one that is not paired any more it is said who unpaired it and when: a person
 * who knows nothing of that takes the name for mistyped. @throws DEVICE_NOT_FOUND, DEVICE_AMBIGUOUS
 */
export const askedDevice = async (
  host: Pick<Host, 'devices' | 'findDevice' | 'journal'>,
  query: string,
): Promise<PeerDevice> => {
  try {
    return host.findDevice(query);
  } catch (error) {
    if (errorCode(error) !== 'DEVICE_NOT_FOUND') throw error;
    // Whatever is wrong with the journal, the device is not there.
    const entries = await host.journal({ afterPosition: -1, limit: LATEST_ENTRIES }).catch(() => []);
    const [removed] = devicesThatFit(removedDevices(entries), query);
    if (removed === undefined) throw error;
    const names = host.devices().map(({ name }) => name);
    throw new DeviceNotFoundError(query, names, 'paired', removed);
  }
};

/** The latest first. */
const removedDevices = (entries: readonly JournalEntry[]) =>
  entries.toReversed().flatMap(({ event, deviceId, atMs, data }) => {
    const { name, by } = data;
    if (event !== 'device.removed' || deviceId === null || typeof name !== 'string') return [];
    return [{ id: deviceId as DeviceId, name, atMs, by: by === 'us' ? ('us' as const) : ('peer' as const) }];
  });
