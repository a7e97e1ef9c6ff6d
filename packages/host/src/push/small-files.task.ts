/**
 * Reads and saves small files, many in one go: in a thread of the pool, where a call to the file system may wait, so that it
 * needs no trip to a thread of its own, which costs ten times as much as the call. What is out of the ordinary is left to
 * whoever asked.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/** All of a small file, and its SHA-256; `null` when it is none, or cannot be read. */
export type SmallFileRead = { readonly content: Uint8Array; readonly hash: Uint8Array } | null;

/** A small file to be put on the disk. */
export interface SmallFileToSave {
  /** Where it lies until it is whole; nobody else uses it. */
  readonly partialPath: string;
  /** What it is to be called. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

/** `changed`: the bytes do not fit the hash. `other`: it is not there, for whatever reason, and nothing is left of it. */
export type SmallFileSaved = 'saved' | 'changed' | 'other';

const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const TO_READ = constants.O_RDONLY | NO_FOLLOW | (constants.O_NONBLOCK ?? 0);
const TO_WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;

/** @param maxBytes of one file */
export const readSmallFiles = (input: {
  readonly paths: readonly string[];
  readonly maxBytes: number;
}): readonly SmallFileRead[] => input.paths.map((path) => readOne(path, input.maxBytes));

/**
 * They are put on the disk at the same time: a file system writes its journal once for all that wait for it.
 */
export const saveSmallFiles = async ({
  files,
}: {
  readonly files: readonly SmallFileToSave[];
}): Promise<readonly SmallFileSaved[]> => {
  const written = files.map(writeOne);
  const areSynced = await Promise.all(written.map((file) => typeof file === 'number' && isSynced(file)));
  return written.map((file, index) => {
    if (typeof file !== 'number') return file;
    return nameOne(file, files[index] as SmallFileToSave, areSynced[index] === true);
  });
};

const readOne = (path: string, maxBytes: number): SmallFileRead => {
  let file: number | null = null;
  try {
    file = openSync(path, TO_READ);
    const found = fstatSync(file);
    if (!found.isFile() || found.size > maxBytes) return null;
    // One byte more, to see that it is the end.
    const bytes = new Uint8Array(found.size + 1);
    if (readSync(file, bytes, 0, bytes.byteLength, 0) !== found.size) return null;
    const content = bytes.subarray(0, found.size);
    return { content, hash: sha256(content) };
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
};

/** The file that was written, which is open, or what came of it. */
const writeOne = ({ partialPath, path, content, hash }: SmallFileToSave): number | SmallFileSaved => {
  if (!sha256(content).equals(hash)) return 'changed';
  let file: number | null = null;
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return 'other';
    file = openSync(partialPath, TO_WRITE, 0o666);
    if (writeSync(file, content) === content.byteLength) return file;
  } catch {
    // Whoever does it again hears why.
  }
  if (file !== null) end(file, partialPath);
  return 'other';
};

const isSynced = (file: number): Promise<boolean> =>
  new Promise((resolve) => fsync(file, (error) => resolve(error === null)));

/** Gives a file its name, unless it was taken in the meantime. */
const nameOne = (file: number, { partialPath, path }: SmallFileToSave, isOnDisk: boolean): SmallFileSaved => {
  let outcome: SmallFileSaved = 'other';
  try {
    if (isOnDisk) {
      linkSync(partialPath, path);
      outcome = 'saved';
    }
  } catch {
    // Whoever does it again hears why.
  }
  end(file, partialPath);
  return outcome;
};

/** Closes what was written, and takes its first name from it. */
const end = (file: number, partialPath: string): void => {
  try {
    closeSync(file);
    unlinkSync(partialPath);
  } catch {
    // It is removed with what was begun and not gone on with.
  }
};

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
