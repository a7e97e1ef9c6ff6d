import { brandAs, type PersistenceChannel, type PresenceKey, type Random } from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';

/** The key by which paired devices know this one on the local network, as the store has it. */
export interface KeptPresenceKey {
  readonly current: PresenceKey;
  /**
   * Makes another one, before a device is forgotten, so that it never learns it. Whoever forgets the device tells the others
   * once it is gone. Resolves when it is stored.
   */
  renew(): Promise<void>;
}

const SETTING = 'presenceKey';

const KEY_BYTES = 32;

type Store = Pick<SupervisedWorker<PersistenceChannel>, 'client'>;

/** Reads the key, and makes it at the first call. */
export const openPresenceKey = async ({ client }: Store, random: Random): Promise<KeptPresenceKey> => {
  const make = async (): Promise<PresenceKey> => {
    const made = brandAs<PresenceKey>(Buffer.from(random.bytes(KEY_BYTES)).toString('hex'));
    await client.request('putSetting', { name: SETTING, value: made });
    return made;
  };
  const { value } = await client.request('getSetting', { name: SETTING });
  const isKey = typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
  let current = isKey ? brandAs<PresenceKey>(value) : await make();
  return {
    get current() {
      return current;
    },
    renew: async () => {
      current = await make();
    },
  };
};
