import { homedir } from 'node:os';
import { isAbsolute, posix, win32 } from 'node:path';

/** Where this system keeps what belongs to one user; `null` where nothing says where. */
export interface SystemFolders {
  /** Devices: kept and backed up. */
  readonly data: string | null;
  /** What can be made again. */
  readonly cache: string | null;
  /** Sockets, until the person logs out. */
  readonly runtime: string | null;
}

/**
 * Reads them from the environment, as the XDG base directory specification, Apple and Microsoft say; relative paths in
 * it count as missing. A user without an entry in the password file, as in many containers, has no home unless `HOME` says so.
 */
export const systemFolders = (
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
  homeOf: () => string = homedir,
): SystemFolders => {
  if (platform === 'win32') {
    const local =
      absoluteOrNull(env.LOCALAPPDATA, win32.isAbsolute) ?? absoluteOrNull(homeOrNull(homeOf), win32.isAbsolute);
    const inside = (name: string) => (local === null ? null : win32.join(local, 'Bowline', name));
    return { data: local === null ? null : win32.join(local, 'Bowline'), cache: inside('Cache'), runtime: null };
  }
  const home = absoluteOrNull(env.HOME) ?? absoluteOrNull(homeOrNull(homeOf));
  const atHome = (...names: readonly string[]) => (home === null ? null : posix.join(home, ...names));
  if (platform === 'darwin') {
    return {
      data: atHome('Library', 'Application Support', 'Bowline'),
      cache: atHome('Library', 'Caches', 'Bowline'),
      runtime: null,
    };
  }
  const of = (named: string | undefined, otherwise: string | null) => {
    const base = absoluteOrNull(named) ?? otherwise;
    return base === null ? null : posix.join(base, 'bowline');
  };
  return {
    data: of(env.XDG_DATA_HOME, atHome('.local', 'share')),
    cache: of(env.XDG_CACHE_HOME, atHome('.cache')),
    runtime: of(env.XDG_RUNTIME_DIR, null),
  };
};

const absoluteOrNull = (path: string | null | undefined, isComplete = isAbsolute): string | null =>
  path !== null && path !== undefined && isComplete(path) ? path : null;

const homeOrNull = (homeOf: () => string): string | null => {
  try {
    return homeOf();
  } catch {
    // No entry in the password file.
    return null;
  }
};
