import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  access,
  link,
  lstat,
  mkdir,
  open,
  opendir,
  readdir,
  realpath,
  rename,
  rm,
  statfs,
  unlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@bowline/contracts';
import { numberedName, PARTIAL_FOLDER, safeName } from '@bowline/push-protocol';
import { hashFile } from './hash-file.ts';

/** Names that are tried for one file. */
const MAX_TRIED_NAMES = 1_000;

/** Most entries of the folder that are looked at before a push begins: under a second. */
const MAX_LOOKED_AT = 20_000;

/** Bytes that stay free: the device's own store must be able to go on. */
const RESERVE_BYTES = 67_108_864;

/** What was begun and not gone on with for so long is removed, milliseconds. */
const PARTIAL_AGE_MS = 7 * 86_400_000;

/** Folders whose place is remembered. */
const MAX_KNOWN_FOLDERS = 10_000;

/** Systems of files that have no second names for a file. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EXDEV',
  'EMLINK',
]);

/** No name was left. */
export class NoNameError extends Error {}

/** The folder is not what was chosen, or others may change what is in it. */
export class FolderUnusableError extends Error {}

/** Where a file of a sender goes. */
export interface Destination {
  /** Of the folder it goes into, below the chosen one. */
  readonly folder: readonly string[];
  readonly name: string;
}

/**
 * The folder that was chosen for what one device pushes. Nothing is written outside of it: every name is made safe, every
 * folder on the way is one and no link, and a file gets its name only when it is whole and nothing else has that name.
 */
export interface ReceivingFolder {
  /** Rejects when the folder is not what was chosen any more. Removes what was begun long ago. */
  begin(nowMs: number): Promise<void>;
  /** Makes a folder, or finds it; answers its path. @throws NoNameError */
  makeFolder(path: readonly string[]): Promise<readonly string[]>;
  destinationOf(path: readonly string[]): Promise<Destination>;
  /** The path of a file that is there already byte for byte, under this name or a numbered one. */
  findEqual(destination: Destination, sizeBytes: number, hash: Uint8Array): Promise<readonly string[] | null>;
  /** Whether a file of that size has this name or a numbered one. */
  findOfSize(destination: Destination, sizeBytes: number): Promise<boolean>;
  /** Where the file lies until it is whole. @param key its hash, or its mark, which is shorter */
  partialPath(destination: Destination, key: Uint8Array): string;
  /** Gives a whole file its name, and answers its path. @throws NoNameError */
  save(partialPath: string, destination: Destination): Promise<readonly string[]>;
  /** Where a file with this name lies. */
  placeOf(destination: Destination): string;
  /** Somebody else has given a file this name. */
  noteSaved(destination: Destination): void;
  /** Bytes that may still be written. */
  freeBytes(): Promise<number>;
  /** Bytes of the files that lie in it, parts of earlier pushes too; `null` where they are too many to look at. */
  heldBytes(): Promise<number | null>;
  /** Resolves when the names are on the disk, too. */
  syncFolders(): Promise<void>;
}

const WRITABLE_BY_OTHERS = 0o022;

/** @param dir absolute, and no link */
export const receivingFolder = (dir: string, sender: string): ReceivingFolder => {
  const isWindows = process.platform === 'win32';
  const partials = join(dir, PARTIAL_FOLDER);
  const known = new Map<string, readonly string[]>();
  const changed = new Set<string>();

  const placeOf = (folder: readonly string[]): string => join(dir, ...folder);

  const makeOne = async (parent: readonly string[], part: string): Promise<readonly string[]> => {
    const name = safeName(part, { isWindows });
    for (let count = 1; count <= MAX_TRIED_NAMES; count += 1) {
      const folder = [...parent, numberedName(name, count)];
      try {
        await mkdir(placeOf(folder));
        changed.add(placeOf(parent));
        return folder;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      if ((await found(placeOf(folder)))?.isDirectory() === true) return folder;
    }
    throw new NoNameError();
  };

  const makeFolder = async (path: readonly string[]): Promise<readonly string[]> => {
    const key = path.join('/');
    const before = known.get(key);
    if (before !== undefined) return before;
    let folder: readonly string[] = [];
    for (const part of path) folder = await makeOne(folder, part);
    if (known.size >= MAX_KNOWN_FOLDERS) known.clear();
    known.set(key, folder);
    return folder;
  };

  /** Whether nobody had the name. It is never taken from anybody. */
  const takeName = async (from: string, to: string): Promise<boolean> => {
    try {
      await link(from, to);
      await unlink(from);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      if (!NO_LINKS.has(errorCode(error))) throw error;
    }
    try {
      await (await open(to, 'wx')).close();
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
    await rename(from, to);
    return true;
  };

  /** The files of that size that have this name or a numbered one. */
  async function* ofSize({ folder, name }: Destination, sizeBytes: number): AsyncGenerator<readonly string[]> {
    for (let count = 1; count <= MAX_TRIED_NAMES; count += 1) {
      const path = [...folder, numberedName(name, count)];
      const there = await found(placeOf(path));
      if (there === null) return;
      if (there.isFile() && there.size === sizeBytes) yield path;
    }
  }

  return {
    begin: async (nowMs) => {
      if ((await realpath(dir)) !== dir) throw new FolderUnusableError('the folder is another one than was chosen');
      await access(dir, constants.W_OK);
      await mkdir(partials, { recursive: true, mode: 0o700 });
      const kept = await found(partials);
      if (kept?.isDirectory() !== true) throw new FolderUnusableError(`${PARTIAL_FOLDER} is no folder`);
      // Whoever else can write there could exchange a file between its check and its name.
      if (!isWindows && (kept.uid !== process.geteuid?.() || (kept.mode & WRITABLE_BY_OTHERS) !== 0)) {
        throw new FolderUnusableError(`others may write to ${PARTIAL_FOLDER}`);
      }
      for (const name of await readdir(partials)) {
        const left = await found(join(partials, name));
        if (left?.isFile() === true && nowMs - left.mtimeMs > PARTIAL_AGE_MS)
          await rm(join(partials, name), { force: true });
      }
    },
    makeFolder,
    destinationOf: async (path) => ({
      folder: await makeFolder(path.slice(0, -1)),
      name: safeName(path.at(-1) ?? '', { isWindows }),
    }),
    findEqual: async (destination, sizeBytes, hash) => {
      for await (const path of ofSize(destination, sizeBytes)) {
        // Whoever cannot read what is there cannot tell that it is the same.
        const own = await hashFile(placeOf(path)).catch(() => null);
        if (own !== null && own.sizeBytes === sizeBytes && own.hash.equals(hash)) return path;
      }
      return null;
    },
    findOfSize: async (destination, sizeBytes) => {
      for await (const _path of ofSize(destination, sizeBytes)) return true;
      return false;
    },
    partialPath: ({ folder, name }, key) => {
      const own = createHash('sha256')
        .update([sender, ...folder, name].join('\0'))
        .update(key);
      return join(partials, own.digest('hex'));
    },
    save: async (partialPath, { folder, name }) => {
      for (let count = 1; count <= MAX_TRIED_NAMES; count += 1) {
        const path = [...folder, numberedName(name, count)];
        if (!(await takeName(partialPath, placeOf(path)))) continue;
        changed.add(placeOf(folder));
        return path;
      }
      throw new NoNameError();
    },
    placeOf: ({ folder, name }) => placeOf([...folder, name]),
    noteSaved: ({ folder }) => {
      changed.add(placeOf(folder));
    },
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(dir);
      return bavail * bsize - RESERVE_BYTES;
    },
    heldBytes: async () => {
      let sizeBytes = 0;
      let looked = 0;
      for await (const entry of await opendir(dir, { recursive: true })) {
        looked += 1;
        if (looked > MAX_LOOKED_AT) return null;
        if (entry.isFile()) sizeBytes += (await found(join(entry.parentPath, entry.name)))?.size ?? 0;
      }
      return sizeBytes;
    },
    syncFolders: async () => {
      if (isWindows) return;
      for (const folder of changed) {
        await using opened = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
        await opened.sync();
      }
      changed.clear();
    },
  };
};

/** What is there; a link is a link. `null` for nothing. */
const found = async (path: string): Promise<Stats | null> => {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
};
