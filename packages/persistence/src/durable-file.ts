import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from './data-directory.ts';
import { usingFile } from './file-errors.ts';

/** Writes a file of mode 0600 that is there whole or as it was before, also after a power failure. */
export const writeDurably = (file: string, content: string): void => {
  const unfinished = `${file}.new`;
  usingFile(unfinished, () => {
    rmSync(unfinished, { force: true });
    try {
      const descriptor = openSync(unfinished, 'wx', 0o600);
      try {
        writeSync(descriptor, content);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(unfinished, file);
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    }
  });
  syncDirectory(dirname(file));
};
