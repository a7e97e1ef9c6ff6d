import type { ChannelClient, PersistenceChannel } from '@bowline/contracts';
import type { FakeClock } from './fake-clock.ts';
import { pendingNamed } from './named-devices.ts';

/** One started store, made anew for every test, on which nothing is stored yet. */
export interface StoreArrangement {
  readonly client: ChannelClient<PersistenceChannel>;
  readonly clock: FakeClock;
  /** Ends it, and starts another one on the same disk. */
  readonly restart: () => Promise<StoreArrangement>;
}

/** How `storeConformance` is told about one implementation. */
export interface StoreImplementation {
  /** For the report of the test run. */
  readonly name: string;
  /** Whatever it leaves behind is its own to take away. */
  readonly open: () => Promise<StoreArrangement>;
}

/** With devices of these names paired, in this order. */
export const withPaired = async (store: StoreArrangement, ...names: readonly string[]): Promise<StoreArrangement> => {
  for (const name of names) {
    const { device } = await store.client.request('addPending', pendingNamed(name));
    await store.client.request('promote', { deviceId: device.id });
  }
  return store;
};
