import { constants } from 'node:fs';
import { access, lstat, opendir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { InvalidOptionError, type PushSkipped } from '@bowline/contracts';
import { MAX_PATH_BYTES, MAX_PATH_PARTS, MAX_PUSH_FILES } from '@bowline/push-protocol';
import { PushTooManyError, PushUnreadableError } from './errors.ts';

/** A file or an empty folder to be pushed. */
export interface PushEntry {
  readonly isFolder: boolean;
  /** Where it is here. */
  readonly source: string;
  /** What it is called there, below the folder that was chosen. */
  readonly path: readonly string[];
  readonly sizeBytes: number;
}

export interface PushPlan {
  readonly entries: readonly PushEntry[];
  readonly bytes: number;
  /** What is within folders and not pushed. */
  readonly skipped: readonly PushSkipped[];
}

/**
 * Looks at what is to be pushed. A path that is a link is followed, since somebody named it; links within folders are not.
 *
 * @throws PushUnreadableError when anything cannot be read, PushTooManyError, and INVALID_OPTION
 */
export const pushPlan = async (paths: readonly string[], signal?: AbortSignal): Promise<PushPlan> => {
  const entries: PushEntry[] = [];
  const skipped: PushSkipped[] = [];
  const unreadable: string[] = [];

  const add = (entry: PushEntry): void => {
    if (entries.length >= MAX_PUSH_FILES) throw new PushTooManyError(MAX_PUSH_FILES);
    entries.push(entry);
  };

  const look = async (source: string, path: readonly string[]): Promise<void> => {
    signal?.throwIfAborted();
    // Before it is looked at: a name that is no text leads to nothing.
    if (!fits(path)) {
      skipped.push({ path: source, reason: 'path' });
      return;
    }
    try {
      const found = await lstat(source);
      if (found.isDirectory()) await lookInto(source, path);
      else if (found.isSymbolicLink()) skipped.push({ path: source, reason: 'link' });
      else if (!found.isFile()) skipped.push({ path: source, reason: 'noFile' });
      else {
        await access(source, constants.R_OK);
        add({ isFolder: false, source, path, sizeBytes: found.size });
      }
    } catch (error) {
      if (error instanceof PushTooManyError) throw error;
      signal?.throwIfAborted();
      unreadable.push(source);
    }
  };

  const lookInto = async (source: string, path: readonly string[]): Promise<void> => {
    let isEmpty = true;
    for await (const { name } of await opendir(source)) {
      isEmpty = false;
      await look(join(source, name), [...path, name]);
    }
    if (isEmpty) add({ isFolder: true, source, path, sizeBytes: 0 });
  };

  for (const path of paths) {
    if (!isAbsolute(path)) throw new InvalidOptionError('paths', 'must be absolute', path);
    try {
      const source = await realpath(path);
      const found = await stat(source);
      // Whoever names a device file or a socket expects something that cannot be.
      if (!found.isFile() && !found.isDirectory()) unreadable.push(path);
      else await look(source, [basename(resolve(path)) || 'files']);
    } catch (error) {
      if (error instanceof PushTooManyError) throw error;
      signal?.throwIfAborted();
      unreadable.push(path);
    }
  }
  if (unreadable.length > 0) throw new PushUnreadableError(unreadable);
  return { entries, skipped, bytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
};

const fits = (path: readonly string[]): boolean =>
  path.length <= MAX_PATH_PARTS &&
  path.reduce((sum, part) => sum + Buffer.byteLength(part), 0) <= MAX_PATH_BYTES &&
  // A name that is no text cannot be said, nor found again under what it was read as.
  path.every((part) => part.isWellFormed() && !part.includes('\ufffd'));
