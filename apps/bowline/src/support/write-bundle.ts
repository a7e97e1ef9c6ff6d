import { closeSync, lstatSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode, errorMessage } from '@bowline/contracts';
import { BundleUnwritableError } from '../errors.ts';
import { SYSTEM_REASONS } from '../output/system-reasons.ts';

/** What the system says, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ...SYSTEM_REASONS,
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already',
  ENOENT: 'its folder is not there',
  ENOTDIR: 'what should be its folder is a file',
  EACCES: 'this user may not write there',
  EPERM: 'the system lets nobody write there',
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
    throw new BundleUnwritableError(file, reasonOf(file, error));
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

const reasonOf = (file: string, error: unknown): string => {
  if (file === '') return 'it has no name';
  const code = errorCode(error) ?? '';
  // The system says of a folder no more than that something is there.
  const isFolder = code === 'EEXIST' && lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
  return REASONS[isFolder ? 'EISDIR' : code] ?? errorMessage(error);
};
