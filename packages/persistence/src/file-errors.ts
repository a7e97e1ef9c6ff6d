import { BowlineError, errorCode, errorMessage } from '@bowline/contracts';
import { StoreFullError, StoreInaccessibleError } from './errors.ts';

/** What the operating system says when there is no room: disk, quota, or a limit on the size of files. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Runs `work` on a file and turns what the operating system throws into an error that names the file. */
export const usingFile = <T>(file: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof BowlineError) throw error;
    if (FULL_CODES.has(errorCode(error) ?? '')) throw new StoreFullError(file, error);
    throw new StoreInaccessibleError(file, errorMessage(error), error);
  }
};
