import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { Logger, StoreKeyKind } from '@bowline/contracts';
import { tightenFile } from '../data-directory.ts';
import { writeDurably } from '../durable-file.ts';
import { StoreKeyMismatchError } from '../errors.ts';
import { usingFile } from '../file-errors.ts';
import { type StorePaths, storePathsIn } from '../store-paths.ts';
import { type KeyRecord, keyRecordText, MAX_KEY_FILE_BYTES, parseKeyRecord } from './key-record.ts';

/**
 * What `store.key` says, or `undefined` where there is none.
 * @throws {@link StoreKeyMismatchError} when it is not as Bowline wrote it
 */
export const readKeyFile = (paths: Pick<StorePaths, 'key' | 'database'>, logger: Logger): KeyRecord | undefined => {
  if (!existsSync(paths.key)) return undefined;
  tightenFile(paths.key, logger);
  const record = parseKeyRecord(readStart(paths.key));
  if (record === undefined) {
    throw new StoreKeyMismatchError(paths.key, paths.database, 'it is not a key file of Bowline');
  }
  return record;
};

/**
 * How the key of a store is kept; `undefined` where there is none. Tells whether a passphrase has to be asked for.
 * @throws {@link StoreKeyMismatchError}
 */
export const storedKeyKind = (dataDir: string, logger: Logger): StoreKeyKind | undefined =>
  readKeyFile(storePathsIn(dataDir), logger)?.kind;

/** Puts a record in the place of the one that is there: from one moment to the next, and what was there is overwritten. */
export const writeKeyFile = ({ key: file }: StorePaths, record: KeyRecord): void => {
  const overwriteOld = openForOverwriting(file);
  writeDurably(file, keyRecordText(record));
  overwriteOld();
};

const readStart = (file: string): string =>
  usingFile(file, () => {
    const bytes = Buffer.alloc(MAX_KEY_FILE_BYTES + 1);
    const descriptor = openSync(file, 'r');
    try {
      return bytes.toString('latin1', 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  });

/**
 * Keeps hold of a file that is about to be replaced. Where it lay, its content stays until something else is written
 * there, so zeros are, if this was its last name: a copy that shares its place on the disk stays whole. Windows replaces no
 * file that is open.
 */
const openForOverwriting = (file: string): (() => void) => {
  if (process.platform === 'win32' || !existsSync(file)) return () => undefined;
  const descriptor = usingFile(file, () => openSync(file, 'r+'));
  return () => {
    try {
      const { nlink, size } = fstatSync(descriptor);
      if (nlink > 0) return;
      writeSync(descriptor, Buffer.alloc(size), 0, size, 0);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  };
};
