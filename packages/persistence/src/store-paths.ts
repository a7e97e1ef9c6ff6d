import { join } from 'node:path';

/** The files of one data directory. */
export interface StorePaths {
  readonly dataDir: string;
  /** The database; SQLite keeps `-wal` beside it while it is open. */
  readonly database: string;
  /** The key its secrets are sealed under. */
  readonly key: string;
  /** Empty file that the owner keeps locked. */
  readonly lock: string;
  /** The owner's process id, for the sentence shown to whoever finds the lock taken. */
  readonly pid: string;
}

export const storePathsIn = (dataDir: string): StorePaths => ({
  dataDir,
  database: join(dataDir, 'store.db'),
  key: join(dataDir, 'store.key'),
  lock: join(dataDir, 'store.lock'),
  pid: join(dataDir, 'store.pid'),
});
