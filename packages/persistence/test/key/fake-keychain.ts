import { KeychainLockedError, KeychainUnavailableError } from '../../src/index.ts';
import type { Keychain } from '../../src/key/keychain.ts';

export interface FakeKeychain extends Keychain {
  readonly entries: Map<string, Uint8Array>;
  state: 'open' | 'locked' | 'away';
}

/** A keychain in memory. */
export const fakeKeychain = (): FakeKeychain => {
  const entries = new Map<string, Uint8Array>();
  const requireOpen = (entry: string): void => {
    if (keychain.state === 'locked') throw new KeychainLockedError(entry);
    if (keychain.state === 'away') throw new KeychainUnavailableError('there is none');
  };
  const keychain: FakeKeychain = {
    entries,
    state: 'open',
    isOpen: async () => keychain.state === 'open',
    get: async (entry) => {
      requireOpen(entry);
      return entries.get(entry);
    },
    set: async (entry, key) => {
      requireOpen(entry);
      entries.set(entry, key);
    },
    delete: async (entry) => {
      requireOpen(entry);
      entries.delete(entry);
    },
  };
  return keychain;
};
