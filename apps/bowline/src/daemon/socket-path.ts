import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { BowlineError } from '@bowline/contracts';

/** Longest path a Unix socket may have on every system we run on (macOS: 104 with the ending zero byte). */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Where the daemon of a data directory listens: inside the directory, or, where that path is too long for a socket, in
 * a folder of this user's own under the system's temporary folder. Only the owner can open either.
 */
export const socketPathOf = (dataDir: string): string => {
  const absolute = resolve(dataDir);
  const inside = join(absolute, 'daemon.sock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES) return inside;
  const digest = createHash('sha256').update(absolute).digest('hex').slice(0, 16);
  return join(ownTemporaryFolder(), `${digest}.sock`);
};

/** A folder that somebody else made, or may write to, could hold somebody else's socket. */
const ownTemporaryFolder = (): string => {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `bowline-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid)) {
    throw new BowlineError({
      code: 'SOCKET_FOLDER_FOREIGN',
      message: `${folder} belongs to somebody else, so the daemon's socket cannot be kept there; use a shorter --data-dir.`,
    });
  }
  chmodSync(folder, 0o700);
  return folder;
};
