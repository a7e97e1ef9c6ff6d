import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type PrivateFolder, privateFolder } from '../trust/private-folder.ts';
import { untrustedPartIn } from '../trust/untrusted-part.ts';
import { SocketFolderForeignError } from './errors.ts';

/** Longest path a Unix socket may have on every system we run on (macOS: 104 with the ending zero byte). */
const MAX_SOCKET_PATH_BYTES = 103;

/** What decides where a daemon listens. */
export interface SocketPlace {
  /** The data directory without links in its path: the daemon's lock is on it. */
  readonly dataDir: string;
  readonly platform: NodeJS.Platform;
  /** This user's id; `null` where the system has none. */
  readonly userId: number | null;
  /** The system's folder for this user's sockets, if it has one. */
  readonly runtimeDir: string | null;
  /** The folder for everybody's temporary files. */
  readonly temporaryDir: string;
  /** 32 hexadecimal digits nobody can guess: whoever knows the name of a Windows pipe may open it, and may have made it. */
  readonly unguessable: string;
}

/** Asks the machine about folders; a test answers itself. */
export interface SocketPlaceComponents {
  readonly isTrusted?: (folder: string) => boolean;
  readonly makePrivate?: (folder: string) => PrivateFolder;
}

/**
 * Where a daemon listens: inside its data directory, unless that path is too long for a socket or others could exchange
 * what is in it; then in the system's folder for this user's sockets, and where it has none, in a private one under the
 * temporary folder. On Windows a pipe with a name nobody can guess. Commands are told the place by the daemon's address.
 *
 * @throws SocketFolderForeignError
 */
export const chooseSocketPath = (
  { dataDir, platform, userId, runtimeDir, temporaryDir, unguessable }: SocketPlace,
  {
    isTrusted = (folder) => untrustedPartIn(folder, userId) === null,
    makePrivate = (folder) => privateFolder(folder, userId),
  }: SocketPlaceComponents = {},
): string => {
  if (platform === 'win32') return `\\\\.\\pipe\\bowline-${unguessable}`;
  const inside = posix.join(dataDir, 'daemon.sock');
  const doesFit = Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES;
  if (doesFit && isTrusted(dataDir)) return inside;
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const folders = [
    ...(runtimeDir === null ? [] : [runtimeDir]),
    ...(userId === null || platform !== 'linux' ? [] : [`/run/user/${userId}/bowline`]),
    posix.join(temporaryDir, `bowline-${userId ?? 'user'}`),
  ];
  const problems: string[] = [];
  for (const folder of folders) {
    const path = posix.join(folder, `${digest}.sock`);
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
      problems.push(`${folder} is too long for a socket`);
      continue;
    }
    const made = makePrivate(folder);
    if (made.path !== null) return path;
    problems.push(made.problem);
  }
  // Others could take the socket away; they could not pass for the daemon, which proves itself.
  if (doesFit) return inside;
  throw new SocketFolderForeignError(problems);
};
