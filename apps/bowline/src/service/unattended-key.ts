import type { StoreKeyKind } from '@bowline/contracts';
import { KeyNeedsLoginError } from '../errors.ts';

/**
 * Whether a key opens where nobody logs in and nobody can be asked. Services of Linux may run before anybody has logged in,
 * and keep running after; those of macOS and Windows start with a login, which opens the keychain.
 *
 * @throws KeyNeedsLoginError
 */
export const requireUnattendedKey = (
  kind: StoreKeyKind | undefined,
  platform: NodeJS.Platform = process.platform,
): void => {
  if (kind === 'passphrase' || kind === 'app' || (kind === 'keychain' && platform === 'linux')) {
    throw new KeyNeedsLoginError(kind);
  }
};
