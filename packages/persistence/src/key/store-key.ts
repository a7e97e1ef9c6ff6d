import { rmSync } from 'node:fs';
import { errorMessage, type Logger, type Random, type StoreKeyKind } from '@bowline/contracts';
import { usingFile } from '../file-errors.ts';
import { openSealed, SEALING_KEY_BYTES, sealValue } from '../sealing.ts';
import type { StorePaths } from '../store-paths.ts';
import { ARGON2_COST, ARGON2_SALT_BYTES, argon2id } from './argon2id.ts';
import {
  AppKeyNeededError,
  KeychainEntryMissingError,
  PassphraseNeededError,
  WrongAppKeyError,
  WrongPassphraseError,
} from './key-errors.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import type { KeyRecord, SealedByPassphrase } from './key-record.ts';
import { type Keychain, keychainEntryName } from './keychain.ts';
import { passphraseBytes, requireFitPassphrase } from './passphrase.ts';
import { noteStaleEntry, removeStaleEntry } from './stale-entry.ts';
import type { StoreKeyOptions } from './store-key-options.ts';

/** The key under which the store's own key is sealed, and where it is kept. */
export interface StoreKey {
  readonly kind: StoreKeyKind;
  /** Names the place for a person. */
  readonly location: string;
  /** 32 bytes: a secret. */
  readonly bytes: Uint8Array;
}

export interface StoreKeyComponents {
  readonly keychain: Keychain;
  readonly random: Random;
  readonly logger: Logger;
}

/** Reads and keeps the key of one data directory. To be used by its owner alone. */
export interface StoreKeyKeeper {
  /**
   * The key, or `undefined` where there is none. Finishes first what a change that was cut short has left.
   * @throws the errors of `key-errors.ts`, STORE_KEY_MISMATCH
   */
  open(options: StoreKeyOptions): Promise<StoreKey | undefined>;
  /** Makes the key of a new store, or keeps one that is given. @throws as `open` */
  make(options: StoreKeyOptions, key?: Uint8Array): Promise<StoreKey>;
  /** Keeps the key in another way, which is in force from one moment to the next. @throws as `open`; nothing is changed then */
  move(key: StoreKey, options: StoreKeyOptions): Promise<StoreKey>;
}

const APP_PLACE = { table: 'store.key', column: 'sealed', row: 'app' } as const;

const passphrasePlace = ({ salt, memoryKib, passes, lanes }: Omit<SealedByPassphrase, 'sealed'>) => ({
  table: 'store.key',
  column: 'sealed',
  row: `passphrase ${Buffer.from(salt).toString('hex')} ${memoryKib} ${passes} ${lanes}`,
});

export const storeKeyKeeper = (paths: StorePaths, components: StoreKeyComponents): StoreKeyKeeper => {
  const { keychain, random, logger } = components;

  const read = async (record: KeyRecord, options: StoreKeyOptions): Promise<StoreKey> => ({
    kind: record.kind,
    location: record.kind === 'keychain' ? keychainEntryName(record.entry) : paths.key,
    bytes: await bytesOf(record, options),
  });

  const bytesOf = async (record: KeyRecord, { passphrase, appKey }: StoreKeyOptions): Promise<Uint8Array> => {
    switch (record.kind) {
      case 'file':
        return record.key;
      case 'keychain': {
        const key = await keychain.get(record.entry);
        if (key === undefined) throw new KeychainEntryMissingError(keychainEntryName(record.entry), paths.key);
        return key;
      }
      case 'passphrase':
        if (passphrase === null) throw new PassphraseNeededError(paths.key);
        return openByPassphrase(record, passphrase);
      case 'app': {
        if (appKey === null) throw new AppKeyNeededError(paths.key);
        const key = openSealed(appKey, record.sealed, APP_PLACE);
        if (key === undefined) throw new WrongAppKeyError(paths.key);
        return key;
      }
    }
  };

  const openByPassphrase = async (record: SealedByPassphrase, passphrase: string): Promise<Uint8Array> => {
    const wrapping = await argon2id(passphraseBytes(passphrase), record.salt, record);
    const key = openSealed(wrapping, record.sealed, passphrasePlace(record));
    if (key === undefined) throw new WrongPassphraseError(paths.key);
    return key;
  };

  const recordOf = async (
    kind: StoreKeyKind,
    key: Uint8Array,
    { passphrase, appKey }: StoreKeyOptions,
  ): Promise<KeyRecord> => {
    switch (kind) {
      case 'file':
        return { kind, key };
      case 'keychain': {
        const entry = Buffer.from(random.bytes(16)).toString('hex');
        noteStaleEntry(paths, entry);
        await keychain.set(entry, key);
        const kept = await keychain.get(entry);
        if (kept === undefined || !Buffer.from(kept).equals(key)) {
          throw new KeychainEntryMissingError(keychainEntryName(entry), paths.key);
        }
        return { kind, entry };
      }
      case 'passphrase': {
        if (passphrase === null) throw new PassphraseNeededError(paths.key);
        requireFitPassphrase(passphrase);
        const salted = { salt: random.bytes(ARGON2_SALT_BYTES), ...ARGON2_COST };
        const wrapping = await argon2id(passphraseBytes(passphrase), salted.salt, salted);
        return { kind, ...salted, sealed: sealValue(wrapping, key, passphrasePlace(salted), random) };
      }
      case 'app':
        if (appKey === null) throw new AppKeyNeededError(paths.key);
        return { kind, sealed: sealValue(appKey, key, APP_PLACE, random) };
    }
  };

  const keep = async (kind: StoreKeyKind, key: Uint8Array, options: StoreKeyOptions): Promise<StoreKey> => {
    const record = await recordOf(kind, key, options).catch(async (error: unknown) => {
      await clearAway();
      throw error;
    });
    writeKeyFile(paths, record);
    return {
      kind,
      location: record.kind === 'keychain' ? keychainEntryName(record.entry) : paths.key,
      bytes: key,
    };
  };

  /** Removes what is not the key, or not any more. */
  const clearAway = async (): Promise<void> => {
    // A key file that was not put in place may hold the key as it is.
    for (const file of [paths.key, paths.staleKey]) usingFile(file, () => rmSync(`${file}.new`, { force: true }));
    const record = readKeyFile(paths, logger);
    await removeStaleEntry(paths, record?.kind === 'keychain' ? record.entry : null, components);
  };

  const make = async (
    options: StoreKeyOptions,
    key: Uint8Array = random.bytes(SEALING_KEY_BYTES),
  ): Promise<StoreKey> => {
    if (options.kind !== 'auto') {
      const made = await keep(options.kind, key, options);
      await clearAway();
      return made;
    }
    if (await keychain.isOpen()) {
      try {
        return await make({ ...options, kind: 'keychain' }, key);
      } catch (error) {
        logger.warn({ reason: errorMessage(error) }, 'keychain refused the key, it is kept in a file');
      }
    }
    return make({ ...options, kind: 'file' }, key);
  };

  return {
    open: async (options) => {
      await clearAway();
      const record = readKeyFile(paths, logger);
      return record === undefined ? undefined : read(record, options);
    },
    make,
    move: async (key, options) => {
      const record = readKeyFile(paths, logger);
      if (record?.kind === 'keychain') {
        if (options.kind === 'keychain') return key;
        noteStaleEntry(paths, record.entry);
      }
      return make(options, key.bytes);
    },
  };
};
