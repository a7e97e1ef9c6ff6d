import { chmodSync } from 'node:fs';
import { makeFolder } from './make-folder.ts';
import { lookAtFile, ownUserId, untrustedPartIn } from './untrusted-part.ts';

/** A folder that is this user's alone, or why it is not. */
export type PrivateFolder = { readonly path: string } | { readonly path: null; readonly problem: string };

/**
 * Makes a folder that nobody but this user (and root) can look into or change, or takes one that is. A folder to which
 * others could write is refused, not tightened: what they left in it would stay. Never throws.
 */
export const privateFolder = (path: string, userId = ownUserId()): PrivateFolder => {
  try {
    // Looked at before anything is made: what is made through somebody else's link is made elsewhere.
    const before = untrustedPartIn(path, userId);
    if (before !== null) return { path: null, problem: before };
    makeFolder(path);
    if (userId === null) return { path };
    const problem = untrustedPartIn(path, userId) ?? notOwn(path, userId);
    if (problem !== null) return { path: null, problem };
    if (((lookAtFile(path)?.mode ?? 0) & 0o077) !== 0) chmodSync(path, 0o700);
    return { path };
  } catch (error) {
    return { path: null, problem: error instanceof Error ? error.message : String(error) };
  }
};

/** The folder itself is stricter than the way to it: a link, root's folder, or a sticky one for everybody is not this user's own. */
const notOwn = (path: string, userId: number): string | null => {
  const entry = lookAtFile(path);
  if (entry?.kind !== 'folder') return `${path} is no folder`;
  if (entry.ownerId !== userId) return `${path} belongs to user ${entry.ownerId}, and this is user ${userId}`;
  return (entry.mode & 0o022) === 0 ? null : `others may write to ${path}`;
};
