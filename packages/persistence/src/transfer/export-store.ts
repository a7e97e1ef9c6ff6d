import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { backUp } from '../backups.ts';
import { syncDirectory } from '../data-directory.ts';
import { readDataKey } from '../data-key.ts';
import { inspectDatabase } from '../database.ts';
import { StoreKeyMissingError } from '../errors.ts';
import { usingFile } from '../file-errors.ts';
import { finishInterrupted } from '../finish-interrupted.ts';
import { systemKeychain } from '../key/keychain.ts';
import { requireFitPassphrase } from '../key/passphrase.ts';
import { storeKeyKeeper } from '../key/store-key.ts';
import { resolveStoreKeyOptions } from '../key/store-key-options.ts';
import { MIGRATIONS } from '../migrations/migration-list.ts';
import { acquireOwnerLock } from '../owner-lock.ts';
import type { StoredComponents } from '../restore-backup.ts';
import { readContents, type StoreContents } from '../store-contents.ts';
import { storePathsIn } from '../store-paths.ts';
import { parseRow, stored } from '../stored-values.ts';
import { readExport, writeExport } from './export-file.ts';
import { writeRetiredMark } from './retired-mark.ts';
import { ExportFilePresentError, IdentityMissingError } from './transfer-errors.ts';

export interface ExportOptions {
  /** Absolute path of the file to be made. */
  readonly file: string;
  /** What the file opens with. A secret. */
  readonly passphrase: string;
  /** Whether this device is retired at the moment the file is there: it starts no more. */
  readonly retires: boolean;
}

/** What an export holds. */
export type ExportedDevice = Pick<StoreContents, 'endpointId' | 'deviceCount'>;

const nameRow = z.object({ name: stored.name });

/**
 * Writes everything a device is into one file that opens with a passphrase, while nobody owns it: the database with identity,
 * paired devices, settings and trust, and the key of its secrets. The file gets its name once it was read through, and not
 * before; killed at any moment, there is no file and the device is as it was, or the file is whole.
 *
 * @throws {@link ExportFilePresentError}, {@link IdentityMissingError}, DeviceRetiredError, PassphraseUnfitError, STORE_LOCKED
 */
export const exportStore = async (
  dataDir: string,
  { file, passphrase, retires }: ExportOptions,
  { clock, random, logger, key = {}, keychain: given }: StoredComponents,
): Promise<ExportedDevice> => {
  requireFitPassphrase(passphrase);
  if (existsSync(file)) throw new ExportFilePresentError(file);
  const paths = storePathsIn(dataDir);
  const options = resolveStoreKeyOptions(key);
  const lock = acquireOwnerLock(paths);
  const unfinished = `${file}.unfinished`;
  try {
    finishInterrupted(paths, logger);
    const keychain = given ?? systemKeychain({ clock, bus: options.bus });
    const opened = await storeKeyKeeper(paths, { keychain, random, logger }).open(options);
    const found = inspectDatabase(paths.database, MIGRATIONS.length, (database) => {
      const dataKey = readDataKey(database, { key: opened, keyFile: paths.key });
      const contents = readContents(database);
      if (contents.endpointId === null) throw new IdentityMissingError(dataDir);
      if (dataKey === undefined) throw new StoreKeyMissingError(paths.key, paths.database);
      const { name } = parseRow(
        nameRow,
        database.prepare('SELECT name FROM identity').get(),
        'identity',
        paths.database,
      );
      backUp(database, paths.exportCopy);
      return { dataKey, contents, endpointId: contents.endpointId, name };
    });
    const manifest = {
      endpointId: found.endpointId,
      name: found.name,
      deviceCount: found.contents.deviceCount,
      madeAtMs: Math.trunc(clock.nowMs()),
      dataKey: Buffer.from(found.dataKey).toString('hex'),
      databaseBytes: statSync(paths.exportCopy).size,
    };
    usingFile(unfinished, () => rmSync(unfinished, { force: true }));
    await writeExport(unfinished, { database: paths.exportCopy, manifest, passphrase }, random);
    await readExport(unfinished, passphrase, () => undefined);
    if (retires) writeRetiredMark(paths, { file, unfinished });
    usingFile(file, () => renameSync(unfinished, file));
    syncDirectory(dirname(file));
    return { endpointId: found.endpointId, deviceCount: found.contents.deviceCount };
  } finally {
    rmSync(unfinished, { force: true });
    rmSync(paths.exportCopy, { force: true });
    lock.release();
  }
};
