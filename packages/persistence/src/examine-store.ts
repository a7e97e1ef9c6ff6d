import { existsSync } from 'node:fs';
import type { Clock, Logger } from '@bowline/contracts';
import { readDataKey } from './data-key.ts';
import { inspectDatabase } from './database.ts';
import { inspectContents } from './inspect-contents.ts';
import { KeychainEntryMissingError } from './key/key-errors.ts';
import { readKeyFile } from './key/key-file.ts';
import type { KeyRecord } from './key/key-record.ts';
import { type Keychain, keychainEntryName, systemKeychain } from './key/keychain.ts';
import type { StoreKey } from './key/store-key.ts';
import type { StoreKeyOptions } from './key/store-key-options.ts';
import { MIGRATIONS } from './migrations/migration-list.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { requireWhole } from './require-whole.ts';
import { storeMarkFile } from './store-mark.ts';
import { type StorePaths, storePathsIn } from './store-paths.ts';
import { requireNoRetirement } from './transfer/retired-mark.ts';

export interface ExamineComponents {
  readonly clock: Clock;
  readonly logger: Logger;
  /** @defaultValue the operating system's */
  readonly keychain?: Keychain;
}

/**
 * Looks whether the store of a data directory that holds one would open, and leaves it as it is: it owns the directory for
 * as long as it looks, migrates nothing, and finishes nothing that was cut short (the next start does). A key under a
 * passphrase or with an app is not asked for.
 *
 * @throws what opening it would throw, STORE_LOCKED among it
 */
export const examineStore = async (
  dataDir: string,
  { bus }: Pick<StoreKeyOptions, 'bus'>,
  { clock, logger, keychain = systemKeychain({ clock, bus }) }: ExamineComponents,
): Promise<void> => {
  const paths = storePathsIn(dataDir);
  const lock = acquireOwnerLock(paths);
  try {
    requireNoRetirement(paths);
    if (isUnfinished(paths)) return;
    const record = readKeyFile(paths, logger);
    const key = await keyOf(record, paths, keychain);
    const knownVersion = MIGRATIONS.at(-1)?.version ?? 0;
    const found = inspectContents(paths.database, knownVersion);
    const mark = storeMarkFile(paths.mark, logger).read();
    requireWhole(paths, found, { mark, hasKey: record !== undefined });
    if (found.endpointId === null || (record !== undefined && key === undefined)) return;
    inspectDatabase(
      paths.database,
      knownVersion,
      (database) => readDataKey(database, { key, keyFile: paths.key }),
      'atStart',
    );
  } finally {
    lock.release();
  }
};

const isUnfinished = ({ importing, restore }: StorePaths): boolean => existsSync(importing) || existsSync(restore);

/** `undefined` where there is none, or nobody is to be asked for it. */
const keyOf = async (
  record: KeyRecord | undefined,
  paths: StorePaths,
  keychain: Keychain,
): Promise<StoreKey | undefined> => {
  if (record?.kind === 'file') return { kind: 'file', location: paths.key, bytes: record.key };
  if (record?.kind !== 'keychain') return undefined;
  const location = keychainEntryName(record.entry);
  const bytes = await keychain.get(record.entry);
  if (bytes === undefined) throw new KeychainEntryMissingError(location, paths.key);
  return { kind: 'keychain', location, bytes };
};
