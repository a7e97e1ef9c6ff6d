import { resolve } from 'node:path';
import { type ExportedDevice, exportStore, type ImportedDevice, importStore } from '@bowline/persistence';
import { storeKeyOptions } from './key-options.ts';
import { type HostOptions, resolveHostOptions } from './options.ts';
import type { HostComponents } from './system.ts';

/** A file that a device is exported to or imported from. */
export interface TransferFile {
  readonly file: string;
  /** What the file opens with, at least 8 characters. */
  readonly passphrase: string;
}

type TransferComponents = Pick<HostComponents, 'clock' | 'random' | 'logger'>;

/**
 * Writes a device into one encrypted file, while no host runs on it: identity, paired devices, settings, trust, messages, and
 * what happened. With `retires` it starts no more here from the moment the file is there. Of a device that goes on, never run a copy:
 * they would displace each other.
 *
 * @throws EXPORT_FILE_PRESENT, NO_DEVICE, DEVICE_RETIRED, PASSPHRASE_UNFIT, STORE_LOCKED
 */
export const exportDevice = async (
  options: HostOptions,
  { file, passphrase, retires }: TransferFile & { readonly retires: boolean },
  { clock, random, logger }: TransferComponents,
): Promise<ExportedDevice> => {
  const { dataDir, key } = resolveHostOptions(options);
  const opening = await storeKeyOptions({ dataDir, key }, logger);
  return exportStore(dataDir, { file: resolve(file), passphrase, retires }, { clock, random, logger, key: opening });
};

/**
 * Makes the device of an export in a `dataDir` that holds none; `options.key` says how its key is kept there.
 *
 * @throws DEVICE_PRESENT, EXPORT_UNREADABLE, EXPORT_NEWER, WRONG_PASSPHRASE, STORE_LOCKED
 */
export const importDevice = async (
  options: HostOptions,
  { file, passphrase }: TransferFile,
  { clock, random, logger }: TransferComponents,
): Promise<ImportedDevice> => {
  const { dataDir, key } = resolveHostOptions(options);
  const keeping = await storeKeyOptions({ dataDir, key }, logger);
  return importStore(dataDir, { file: resolve(file), passphrase }, { clock, random, logger, key: keeping });
};
