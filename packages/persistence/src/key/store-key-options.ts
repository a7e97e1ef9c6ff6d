import { InvalidOptionError, type StoreKeyKind } from '@bowline/contracts';
import { SEALING_KEY_BYTES } from '../sealing.ts';

/** Where the key of a store is to be, and what opens it. Plain values: they cross a channel to the worker. */
export interface StoreKeyOptions {
  /** Where a new store keeps its key; `'auto'`: in the keychain where that is open, otherwise in a file. One that is there keeps its own. */
  readonly kind: StoreKeyKind | 'auto';
  /** For a store that opens with a passphrase. A secret. */
  readonly passphrase: string | null;
  /** For a store that opens with a key its app keeps: 32 bytes. A secret. */
  readonly appKey: Uint8Array | null;
  /** Address of this session's message bus, by which the keychain of Linux is reached; `null` where there is none. */
  readonly bus: string | null;
}

/** A file: the one that needs nothing and nobody. */
export const STORE_KEY_DEFAULTS: StoreKeyOptions = Object.freeze({
  kind: 'file',
  passphrase: null,
  appKey: null,
  bus: null,
});

const KINDS: readonly string[] = ['auto', 'keychain', 'file', 'passphrase', 'app'];

/** @throws {@link InvalidOptionError} */
export const resolveStoreKeyOptions = (input: Partial<StoreKeyOptions>): StoreKeyOptions => {
  const options = { ...STORE_KEY_DEFAULTS, ...input };
  if (!KINDS.includes(options.kind))
    throw new InvalidOptionError('key.kind', `must be one of ${KINDS.join(', ')}`, options.kind);
  const { appKey } = options;
  if (appKey !== null && !(appKey instanceof Uint8Array && appKey.length === SEALING_KEY_BYTES)) {
    throw new InvalidOptionError('key.appKey', `must be ${SEALING_KEY_BYTES} bytes`, 'another value');
  }
  return Object.freeze(options);
};
