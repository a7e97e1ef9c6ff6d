import { existsSync, rmSync } from 'node:fs';
import type { Logger } from '@bowline/contracts';
import { syncDirectory } from '../data-directory.ts';
import { usingFile } from '../file-errors.ts';
import { readKeyFile } from '../key/key-file.ts';
import { noteStaleEntry } from '../key/stale-entry.ts';
import type { StorePaths } from '../store-paths.ts';

/** What an import has made beside the database, once that is there; otherwise takes everything of it away. To be called by the owner. */
export const finishImport = (paths: StorePaths, logger: Logger): void => {
  const remove = (file: string): void => usingFile(file, () => rmSync(file, { force: true }));
  if (existsSync(paths.importing)) {
    if (!existsSync(paths.database)) {
      const record = readKeyFile(paths, logger);
      // Its entry in the keychain goes when the key is opened next.
      if (record?.kind === 'keychain') noteStaleEntry(paths, record.entry);
      remove(paths.key);
      remove(paths.mark);
    }
    remove(paths.importing);
    syncDirectory(paths.dataDir);
  }
  for (const end of ['', '-wal', '-shm', '-journal']) remove(`${paths.imported}${end}`);
};
