import { lstatSync, readlinkSync } from 'node:fs';
import { isAbsolute, join, parse, resolve } from 'node:path';

/** What stands at a path, of which only links give a `target`. */
export interface PathEntry {
  readonly ownerId: number;
  readonly mode: number;
  readonly kind: 'folder' | 'link' | 'other';
  readonly target?: string;
}

/** Looks at a path without following it; `null` when nothing is there. */
export type LookAt = (path: string) => PathEntry | null;

/** The administrator can do everything anyway. */
const ROOT_ID = 0;

const WRITABLE_BY_OTHERS = 0o022;

/** In a folder with this bit only the owner of a file can rename or remove it. */
const STICKY = 0o1000;

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/**
 * The one check of what another user of this machine could have made first, or could exchange: walks from the root to
 * `path`, through every link, and tells in words what is not to be trusted, or `null`. A part is trusted when this user
 * or root owns it, and nobody else may replace what is in it. What does not exist ends the walk: nobody made it.
 *
 * Windows has neither owners nor modes of this kind, and a person's folders there are closed to others: nothing is
 * checked where `userId` is `null`.
 */
export const untrustedPartIn = (path: string, userId: number | null, lookAt: LookAt = lookAtFile): string | null => {
  if (userId === null) return null;
  const absolute = resolve(path);
  const waiting = partsOf(absolute);
  let at = parse(absolute).root;
  let links = 0;
  let problem = untrustedEntry(at, lookAt(at), userId);
  while (problem === null) {
    const part = waiting.shift();
    if (part === undefined) return null;
    const next = join(at, part);
    const entry = lookAt(next);
    if (entry === null) return null;
    problem = untrustedEntry(next, entry, userId);
    if (entry.kind !== 'link') {
      at = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return `${absolute} leads through more than ${MAX_LINKS} links`;
    const target = entry.target ?? '';
    if (isAbsolute(target)) at = parse(target).root;
    waiting.unshift(...partsOf(target));
  }
  return problem;
};

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

const untrustedEntry = (path: string, entry: PathEntry | null, userId: number): string | null => {
  if (entry === null) return null;
  const { ownerId, mode, kind } = entry;
  if (ownerId !== userId && ownerId !== ROOT_ID)
    return `${path} belongs to user ${ownerId}, and this is user ${userId}`;
  const isReplaceable = kind === 'folder' && (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0;
  return isReplaceable ? `others may replace what is in ${path}` : null;
};

/** This user's id, also where no password file names it; `null` on Windows. */
export const ownUserId = (): number | null => process.geteuid?.() ?? null;

export const lookAtFile: LookAt = (path) => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  const { uid: ownerId, mode } = found;
  if (found.isSymbolicLink()) return { ownerId, mode, kind: 'link', target: readlinkSync(path) };
  return { ownerId, mode, kind: found.isDirectory() ? 'folder' : 'other' };
};
