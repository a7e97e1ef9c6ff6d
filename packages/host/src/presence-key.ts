import { brandAs, type PersistenceChannel, type PresenceKey, type Random } from '@bowline/contracts';
import type { SupervisedWorker } from '@bowline/supervisor';
import type { System } from './system.ts';

const SETTING = 'presenceKey';

const KEY_BYTES = 32;

const newKey = (random: Random): PresenceKey =>
  brandAs<PresenceKey>(Buffer.from(random.bytes(KEY_BYTES)).toString('hex'));

type Store = Pick<SupervisedWorker<PersistenceChannel>, 'client'>;

/** The key by which paired devices know this one on the local network, made at the first call. */
export const openPresenceKey = async ({ client }: Store, random: Random): Promise<PresenceKey> => {
  const { value } = await client.request('getSetting', { name: SETTING });
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return brandAs<PresenceKey>(value);
  const made = newKey(random);
  await client.request('putSetting', { name: SETTING, value: made });
  return made;
};

/**
 * Makes a new key, stored before anything is told: whoever had the old one follows this device no more. Linked devices are
 * told at once, others on their next link.
 */
export const renewPresenceKey = async ({
  parts,
  random,
  own,
}: Pick<System, 'parts' | 'random' | 'own'>): Promise<void> => {
  const made = newKey(random);
  await parts.persistence.client.request('putSetting', { name: SETTING, value: made });
  own.update({ presenceKey: made });
};
