import { resolve } from 'node:path';
import { InvalidOptionError, type Logger, type StoreKeyKind } from '@bowline/contracts';
import { type StoreKeyOptions, storedKeyKind } from '@bowline/persistence';
import { clearMemoryFromCoreDumps, sessionBusAddress } from '@bowline/system-ports';
import { checkFields } from './check-fields.ts';

/** Where the key of the store is kept, and what opens it: secrets are asked for only when they are needed. */
export interface KeyOptions {
  /**
   * How a new device keeps it: in the keychain of this user, in a file of mode 0600 in `dataDir`, under a passphrase, or under
   * a key that the app keeps. A device that is there keeps its own way. @defaultValue the keychain where it can be used
   * without anybody being asked, otherwise the file
   */
  readonly kind?: StoreKeyKind;
  /** Asked at `start` for the passphrase of a device that opens with one, or is to. */
  readonly passphrase?: (question: PassphraseQuestion) => string | Promise<string>;
  /** Asked at `start` for the app's key: 32 bytes, the same for this device every time. */
  readonly appKey?: () => Uint8Array | Promise<Uint8Array>;
}

export interface PassphraseQuestion {
  /** Whether it is set now, at least 8 characters; otherwise the one that was set is wanted. */
  readonly isNew: boolean;
}

/** Checked {@link KeyOptions}. */
export interface ResolvedKeyOptions {
  readonly kind: StoreKeyKind | 'auto';
  readonly passphrase: KeyOptions['passphrase'] | null;
  readonly appKey: KeyOptions['appKey'] | null;
}

const KEY_OPTION_NAMES = { kind: true, passphrase: true, appKey: true } as const satisfies Record<
  keyof KeyOptions,
  true
>;

const KINDS: readonly string[] = ['keychain', 'file', 'passphrase', 'app'] satisfies readonly StoreKeyKind[];

/** @throws {@link InvalidOptionError} */
export const resolveKeyOptions = (given: 'keychain' | 'file' | KeyOptions): ResolvedKeyOptions => {
  const options = typeof given === 'string' ? { kind: given } : given;
  checkFields('key', options, KEY_OPTION_NAMES);
  const { kind, passphrase = null, appKey = null } = options;
  if (kind !== undefined && !KINDS.includes(kind)) {
    throw new InvalidOptionError('key.kind', `must be one of ${KINDS.join(', ')}`, kind);
  }
  for (const [name, value] of Object.entries({ passphrase, appKey })) {
    if (value !== null && typeof value !== 'function') {
      throw new InvalidOptionError(`key.${name}`, 'must be a function that answers it', 'another value');
    }
  }
  return { kind: kind ?? 'auto', passphrase, appKey };
};

/** How a device keeps the key of its store; `undefined` where there is none. */
export const keyKindOf = (dataDir: string, logger: Logger): StoreKeyKind | undefined =>
  storedKeyKind(resolve(dataDir), logger);

/** What the store is told: asks for the secret that this device opens with, and for no other. */
export const storeKeyOptions = async (
  { dataDir, key }: { readonly dataDir: string; readonly key: ResolvedKeyOptions },
  logger: Logger,
): Promise<StoreKeyOptions> => {
  clearMemoryFromCoreDumps();
  const stored = storedKeyKind(dataDir, logger);
  const secrets = await secretsFor(stored ?? key.kind, key, { isNew: stored === undefined });
  return { kind: key.kind, ...secrets, bus: sessionBusAddress() };
};

/** Asks for the secret that a way of keeping the key needs, if it needs one. */
export const secretsFor = async (
  kind: ResolvedKeyOptions['kind'],
  { passphrase, appKey }: Pick<ResolvedKeyOptions, 'passphrase' | 'appKey'>,
  question: PassphraseQuestion,
): Promise<Pick<StoreKeyOptions, 'passphrase' | 'appKey'>> => ({
  passphrase: kind === 'passphrase' && passphrase ? await passphrase(question) : null,
  appKey: kind === 'app' && appKey ? await appKey() : null,
});
