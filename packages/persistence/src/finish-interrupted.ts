import { rmSync } from 'node:fs';
import type { Logger } from '@bowline/contracts';
import { usingFile } from './file-errors.ts';
import { finishRestore } from './restore-backup.ts';
import type { StorePaths } from './store-paths.ts';
import { finishImport } from './transfer/finish-import.ts';
import { requireNotRetired } from './transfer/retired-mark.ts';

/**
 * Brings to its end, or takes back, whatever was cut short in a data directory. To be called by its owner before anything else.
 * @throws DeviceRetiredError
 */
export const finishInterrupted = (paths: StorePaths, logger: Logger): void => {
  requireNotRetired(paths);
  for (const end of ['', '.new']) {
    usingFile(paths.exportCopy, () => rmSync(`${paths.exportCopy}${end}`, { force: true }));
  }
  finishImport(paths, logger);
  finishRestore(paths, logger);
};
