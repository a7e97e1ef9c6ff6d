import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type DeviceSummary, deviceIdOf, type StoreKeyKind } from '@bowline/contracts';
import { prepareDataDirectory, syncDirectory } from '../data-directory.ts';
import { putDataKey } from '../data-key.ts';
import { inspectDatabase, openDatabase } from '../database.ts';
import { writeDurably } from '../durable-file.ts';
import { usingFile } from '../file-errors.ts';
import { finishInterrupted } from '../finish-interrupted.ts';
import { systemKeychain } from '../key/keychain.ts';
import { storeKeyKeeper } from '../key/store-key.ts';
import { resolveStoreKeyOptions } from '../key/store-key-options.ts';
import { MIGRATIONS } from '../migrations/migration-list.ts';
import { acquireOwnerLock } from '../owner-lock.ts';
import type { StoredComponents } from '../restore-backup.ts';
import { SEALING_KEY_BYTES } from '../sealing.ts';
import { readContents } from '../store-contents.ts';
import { storeMarkFile } from '../store-mark.ts';
import { hasStore, storePathsIn } from '../store-paths.ts';
import { readExport } from './export-file.ts';
import { finishImport } from './finish-import.ts';
import { DevicePresentError, ExportUnreadableError } from './transfer-errors.ts';

export interface ImportOptions {
  /** Absolute path of the export. */
  readonly file: string;
  /** What it opens with. A secret. */
  readonly passphrase: string;
}

/** What was imported, and how its key is kept here. */
export interface ImportedDevice {
  readonly device: DeviceSummary;
  readonly deviceCount: number;
  readonly key: StoreKeyKind;
}

/**
 * Makes the device of an export in a data directory that holds none. It gets a key of its own, kept as a new device's is. The
 * database gets its name last; killed at any moment, there is no device, or all of it.
 *
 * @throws {@link DevicePresentError}, {@link ExportUnreadableError}, ExportNewerError, WrongPassphraseError, STORE_LOCKED, STORE_NEWER
 */
export const importStore = async (
  dataDir: string,
  { file, passphrase }: ImportOptions,
  { clock, random, logger, key: keyOptions = {}, keychain: given }: StoredComponents,
): Promise<ImportedDevice> => {
  const paths = storePathsIn(dataDir);
  const options = resolveStoreKeyOptions(keyOptions);
  prepareDataDirectory(dataDir, logger);
  const lock = acquireOwnerLock(paths);
  const markFile = storeMarkFile(paths.mark, logger);
  try {
    finishInterrupted(paths, logger);
    if (hasStore(dataDir) || (markFile.read()?.endpointId ?? null) !== null) throw new DevicePresentError(dataDir);
    const keychain = given ?? systemKeychain({ clock, bus: options.bus });
    const keeper = storeKeyKeeper(paths, { keychain, random, logger });
    await keeper.open(options);
    const { endpointId, name, dataKey } = await unpack(file, passphrase, paths.imported);
    const key = random.bytes(SEALING_KEY_BYTES);
    const contents = inspectDatabase(paths.imported, MIGRATIONS.length, readContents);
    if (contents.endpointId === null || contents.endpointId !== endpointId) {
      throw new ExportUnreadableError(file, 'it holds another device than it says');
    }
    sealAnew(paths.imported, Buffer.from(dataKey, 'hex'), key, random);
    writeDurably(paths.importing, 'bowline import 1\n');
    const kept = await keeper.make(options, key);
    markFile.writeLasting(contents);
    usingFile(paths.database, () => renameSync(paths.imported, paths.database));
    syncDirectory(dataDir);
    finishImport(paths, logger);
    const device = { id: deviceIdOf(contents.endpointId), endpointId: contents.endpointId, name };
    return { device, deviceCount: contents.deviceCount, key: kept.kind };
  } catch (error) {
    finishImport(paths, logger);
    throw error;
  } finally {
    markFile.close();
    lock.release();
  }
};

const unpack = async (file: string, passphrase: string, to: string) => {
  usingFile(to, () => rmSync(to, { force: true }));
  const descriptor = usingFile(to, () => openSync(to, 'wx', 0o600));
  try {
    const manifest = await readExport(file, passphrase, (bytes) =>
      usingFile(to, () => {
        writeSync(descriptor, bytes);
      }),
    );
    usingFile(to, () => fsyncSync(descriptor));
    return manifest;
  } finally {
    closeSync(descriptor);
  }
};

const sealAnew = (file: string, dataKey: Uint8Array, key: Uint8Array, random: StoredComponents['random']): void => {
  const database = openDatabase(file);
  try {
    putDataKey(database, dataKey, key, random);
  } finally {
    database.close();
  }
};
