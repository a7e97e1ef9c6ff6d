import { readFileSync, rmSync, statSync } from 'node:fs';
import { errorMessage, type Logger } from '@bowline/contracts';
import { syncDirectory } from '../data-directory.ts';
import { writeDurably } from '../durable-file.ts';
import { usingFile } from '../file-errors.ts';
import type { StorePaths } from '../store-paths.ts';
import type { Keychain } from './keychain.ts';

/**
 * A file beside the key names an entry of the keychain that is about to be made or removed, so that none is left behind,
 * and none is missed, whenever the process ends: an entry named there goes unless the key file names it, too.
 */
export const noteStaleEntry = (paths: StorePaths, entry: string): void => writeDurably(paths.staleKey, `${entry}\n`);

/** Removes the entry that was noted, unless it is `used`; where the keychain cannot be used now, at a later start. */
export const removeStaleEntry = async (
  paths: StorePaths,
  used: string | null,
  { keychain, logger }: { readonly keychain: Keychain; readonly logger: Logger },
): Promise<void> => {
  if (statSync(paths.staleKey, { throwIfNoEntry: false }) === undefined) return;
  const entry = usingFile(paths.staleKey, () => readFileSync(paths.staleKey, 'utf8').trim());
  if (entry !== used && /^[0-9a-f]{32}$/.test(entry)) {
    try {
      await keychain.delete(entry);
    } catch (error) {
      logger.warn({ entry, reason: errorMessage(error) }, 'old key stays in the keychain for now');
      return;
    }
  }
  usingFile(paths.staleKey, () => rmSync(paths.staleKey, { force: true }));
  syncDirectory(paths.dataDir);
};
