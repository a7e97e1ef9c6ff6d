import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode, errorMessage } from '@bowline/contracts';
import { BundleUnwritableError } from '../errors.ts';

/** What the system says, in words. */
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is there already',
  ENOENT: 'its folder is not there',
  ENOTDIR: 'what should be its folder is a file',
  EACCES: 'this user may not write there',
  EPERM: 'the system lets nobody write there',
  EROFS: 'it would be on a file system that can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'this user may store no more on that disk',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a ring',
};

/**
 * Writes a support bundle for its owner alone. Nothing that is there is written over, a link neither, and what could not
 * be written to its end is taken away.
 *
 * @throws BundleUnwritableError
 */
export const writeBundle = (file: string, bundle: object): void => {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'wx', 0o600);
    writeFileSync(descriptor, `${JSON.stringify(bundle, null, 2)}\n`);
  } catch (error) {
    if (descriptor !== null) rmSync(file, { force: true });
    const reason = file === '' ? 'it has no name' : (REASONS[errorCode(error) ?? ''] ?? errorMessage(error));
    throw new BundleUnwritableError(file, reason);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};
