import { type Clock, errorMessage } from '@bowline/contracts';
import { SEALING_KEY_BYTES } from '../sealing.ts';
import { KeychainLockedError, KeychainUnavailableError } from './key-errors.ts';
import { type KeychainState, secretServiceStates } from './secret-service.ts';

/** The operating system's keychain, as far as keys of stores are concerned. Nothing here asks anybody, or waits for ever. */
export interface Keychain {
  /** Whether a key could be put there now. */
  isOpen(): Promise<boolean>;
  /** The key, or `undefined` when an open keychain holds none. @throws KeychainLockedError, KeychainUnavailableError */
  get(entry: string): Promise<Uint8Array | undefined>;
  /** @throws KeychainLockedError, KeychainUnavailableError */
  set(entry: string, key: Uint8Array): Promise<void>;
  /** Does nothing where there is no such entry. @throws KeychainLockedError, KeychainUnavailableError */
  delete(entry: string): Promise<void>;
}

/** As people find it in their keychain. */
const SERVICE = 'Bowline';

/** What an entry is called in the keychain. */
export const keychainEntryName = (entry: string): string => `store ${entry}`;

/** Longest that the system's library may take, milliseconds. A call that is given up goes on in a thread of its own. */
const PATIENCE_MS = 10_000;

type Entry = InstanceType<typeof import('@napi-rs/keyring').AsyncEntry>;

/** @param bus address of this session's message bus, where the keychain of Linux is; `null` where there is none */
export const systemKeychain = (
  { clock, bus }: { readonly clock: Clock; readonly bus: string | null },
  platform: NodeJS.Platform = process.platform,
): Keychain => {
  const states = secretServiceStates(bus, clock);
  const stateOfAll = async (): Promise<KeychainState> => (platform === 'linux' ? states.collection() : 'unlocked');
  const stateOf = async (entry: string): Promise<KeychainState> =>
    platform === 'linux' ? states.entry({ service: SERVICE, username: keychainEntryName(entry) }) : 'unlocked';

  const using = async <T>(entry: string, use: (opened: Entry) => Promise<T>): Promise<T> => {
    const { AsyncEntry } = await loadKeyring();
    try {
      // Otherwise the kernel's keyring would stand in, which forgets everything at the next start of the machine.
      const options = { linux: { store: 'secret-service' } } as const;
      const opened = new AsyncEntry(SERVICE, keychainEntryName(entry), options);
      return await inTime(clock, use(opened));
    } catch (error) {
      throw new KeychainUnavailableError(errorMessage(error), error);
    }
  };

  return {
    isOpen: async () => {
      try {
        await loadKeyring();
        return (await stateOfAll()) === 'unlocked';
      } catch (error) {
        if (error instanceof KeychainUnavailableError) return false;
        throw error;
      }
    },
    get: async (entry) => {
      const state = await stateOf(entry);
      if (state === 'locked') throw new KeychainLockedError(keychainEntryName(entry));
      if (state === 'absent') return undefined;
      const secret = await using(entry, (opened) => opened.getSecret());
      if (secret === null) return undefined;
      if (secret.length !== SEALING_KEY_BYTES) throw new KeychainUnavailableError('its entry is not a key of Bowline');
      return Uint8Array.from(secret);
    },
    set: async (entry, key) => {
      const state = await stateOfAll();
      if (state === 'locked') throw new KeychainLockedError(keychainEntryName(entry));
      if (state === 'absent') throw new KeychainUnavailableError('this user has no keychain yet');
      await using(entry, (opened) => opened.setSecret(key));
    },
    delete: async (entry) => {
      const state = await stateOf(entry);
      if (state === 'locked') throw new KeychainLockedError(keychainEntryName(entry));
      if (state === 'unlocked') await using(entry, (opened) => opened.deleteCredential());
    },
  };
};

/** A value, so that no bundler looks for it: native code, which is there or is not. */
const KEYRING = ['@napi-rs', 'keyring'].join('/');

/** Native code of another make, installed where there is a build of it for the system. */
const loadKeyring = async (): Promise<typeof import('@napi-rs/keyring')> => {
  try {
    return await import(/* @vite-ignore */ KEYRING);
  } catch (error) {
    throw new KeychainUnavailableError(
      'the package @napi-rs/keyring is not installed, or not made for this system',
      error,
    );
  }
};

const inTime = <T>(clock: Clock, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.setTimer(PATIENCE_MS, () =>
      reject(new Error(`it did not answer in ${PATIENCE_MS / 1_000} s`)),
    );
    work.then(resolve, reject).finally(cancel);
  });
