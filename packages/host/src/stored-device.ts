import type { BlockedDevice, JournalEntry, PeerDevice } from '@bowline/contracts';
import { examineStore, hasStore } from '@bowline/persistence';
import { sessionBusAddress } from '@bowline/system-ports';
import { machineComponents } from './machine-components.ts';
import { type HostOptions, resolveHostOptions } from './options.ts';
import { openStore } from './parts.ts';
import type { HostComponents } from './system.ts';

/** What is known of a device that does not run. */
export interface StoredDevice extends AsyncDisposable {
  /** The paired devices, in the order they were paired. */
  readonly devices: readonly PeerDevice[];
  /** Who is kept out. */
  readonly blocked: readonly BlockedDevice[];
  /** Journal entries after a position, oldest first; with -1 the newest ones. */
  journal(options: { readonly afterPosition: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
}

/** Whether a device was ever kept in a data directory; also when what is left of it is damaged. */
export const hasDevice = (dataDir: string): boolean => hasStore(dataDir);

/**
 * Looks whether a device that does not run could start from what it has stored, and changes nothing of that. Rejects with
 * what its start would, as far as nobody has to be asked for a passphrase.
 */
export const examineStoredDevice = async (
  options: HostOptions,
  components: Partial<HostComponents> = {},
): Promise<void> => {
  const { dataDir } = resolveHostOptions(options);
  await examineStore(dataDir, { bus: sessionBusAddress() }, machineComponents(components));
};

/**
 * Opens what a device has stored, without starting it: no other device notices, and nothing is made; `null` where there
 * is no device. It owns the data directory until it is disposed of. @throws STORE_LOCKED while a host runs there
 */
export const openStoredDevice = async (
  options: HostOptions,
  components: Partial<HostComponents> = {},
): Promise<StoredDevice | null> => {
  const resolved = resolveHostOptions({ ...options, placement: { persistence: 'inline' } });
  if (!hasDevice(resolved.dataDir)) return null;
  const store = await openStore(resolved, machineComponents(components));
  await store.start();
  const read = async () => {
    const { devices } = await store.client.request('listDevices', {});
    const { blocked } = await store.client.request('listBlocked', {});
    return { devices, blocked };
  };
  const known = await read().catch(async (error: unknown) => {
    await store.stop();
    throw error;
  });
  return {
    ...known,
    journal: async (range) => (await store.client.request('readJournal', range)).entries,
    [Symbol.asyncDispose]: () => store.stop(),
  };
};
