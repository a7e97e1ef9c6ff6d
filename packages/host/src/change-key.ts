import { type ChangedKey, changeStoreKey } from '@bowline/persistence';
import { type KeyOptions, resolveKeyOptions, secretsFor, storeKeyOptions } from './key-options.ts';
import { type HostOptions, resolveHostOptions } from './options.ts';
import type { HostComponents } from './system.ts';

/**
 * Keeps the key of a device in another way, while no host runs on it; `options.key` opens it as it is. It is in force from one
 * moment to the next, and what the key was kept by before is removed.
 *
 * @throws STORE_LOCKED, and what a key that does not open or cannot be kept so leads to; nothing is changed then
 */
export const changeKey = async (
  options: HostOptions,
  to: KeyOptions & Required<Pick<KeyOptions, 'kind'>>,
  { clock, random, logger }: Pick<HostComponents, 'clock' | 'random' | 'logger'>,
): Promise<ChangedKey> => {
  const { dataDir, key } = resolveHostOptions(options);
  const wanted = resolveKeyOptions(to);
  const opening = await storeKeyOptions({ dataDir, key }, logger);
  const secrets = await secretsFor(to.kind, wanted, { isNew: true });
  return changeStoreKey(dataDir, { ...opening, kind: to.kind, ...secrets }, { clock, random, logger, key: opening });
};
