import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@bowline/contracts';
import * as z from 'zod';
import { ownCommand } from '../output/own-command.ts';
import { ownUserId } from '../trust/untrusted-part.ts';
import { DaemonForeignError } from './errors.ts';

/** Where a daemon listens, and what proves that it does: kept in its data directory, for its owner alone. */
export interface DaemonAddress {
  /** Path of a socket, or name of a pipe. */
  readonly path: string;
  /** Both sides prove to know it. 64 hexadecimal digits. */
  readonly secret: string;
  readonly pid: number;
  /** Release of Bowline that the daemon is; left out by one that did not say it yet. */
  readonly version?: string | undefined;
}

const addressSchema = z.object({
  path: z.string().min(1).max(1_024),
  secret: z.string().regex(/^[0-9a-f]{64}$/),
  pid: z.int().positive(),
  version: z.string().max(64).optional(),
});

/** Far more than an address takes. */
const MAX_ADDRESS_BYTES = 4_096;

const WRITABLE_BY_OTHERS = 0o022;

/** Nobody is there: no such file, or no such folder. */
const NOTHING_THERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

const addressFile = (dataDir: string): string => join(dataDir, 'daemon.json');

/** Puts the address where commands look for it, as a whole or not at all. The data directory's lock must be held. */
export const writeDaemonAddress = (dataDir: string, address: DaemonAddress): void => {
  const file = addressFile(dataDir);
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(address)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, file);
};

export const removeDaemonAddress = (dataDir: string): void => rmSync(addressFile(dataDir), { force: true });

/**
 * The address a daemon left, `null` when there is none. A daemon that was killed leaves one where nobody listens.
 *
 * @throws DaemonForeignError when somebody else wrote it or could have
 */
export const readDaemonAddress = (dataDir: string, userId = ownUserId()): DaemonAddress | null => {
  const text = readOwnFile(dataDir, addressFile(dataDir), userId);
  if (text === null) return null;
  const parsed = addressSchema.safeParse(jsonOrNull(text));
  if (!parsed.success) throw foreignFile(dataDir, addressFile(dataDir), 'is not what a daemon writes');
  return parsed.data;
};

const readOwnFile = (dataDir: string, file: string, userId: number | null): string | null => {
  let descriptor: number;
  try {
    // Neither a link nor a pipe somebody put there is followed or waited for.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (NOTHING_THERE.has(errorCode(error))) return null;
    if (errorCode(error) === 'ELOOP') throw foreignFile(dataDir, file, 'is a link');
    throw new DaemonForeignError(dataDir, `${file} cannot be read (${errorCode(error)})`);
  }
  try {
    const { uid, mode, size, isFile } = ((found) => ({ ...found, isFile: found.isFile() }))(fstatSync(descriptor));
    if (!isFile || size > MAX_ADDRESS_BYTES) throw foreignFile(dataDir, file, 'is not what a daemon writes');
    if (userId !== null && uid !== userId) {
      throw new DaemonForeignError(dataDir, `${file} belongs to user ${uid}, and this is user ${userId}`);
    }
    if (userId !== null && (mode & WRITABLE_BY_OTHERS) !== 0) {
      throw foreignFile(dataDir, file, 'may be written to by others');
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
};

/** One that no daemon of this user left: without it, the daemon is started as if none had run. */
const foreignFile = (dataDir: string, file: string, problem: string): DaemonForeignError =>
  new DaemonForeignError(
    dataDir,
    `${file} ${problem}`,
    `Remove ${file}, end the daemon if one runs, and start it anew: ${ownCommand(dataDir)} up`,
  );

const jsonOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
