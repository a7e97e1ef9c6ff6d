import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The files of one data directory. */
export interface StorePaths {
  readonly dataDir: string;
  readonly database: string;
  /** What was stored last, while the database is open or after its owner was killed. */
  readonly log: string;
  /** The key its secrets are sealed under, or what says where that is and what opens it. */
  readonly key: string;
  /** Names an entry of the keychain that is to go, while it is. */
  readonly staleKey: string;
  /** What the database must hold at least, kept outside it. */
  readonly mark: string;
  /** Who is blocked, a second time, kept outside the database: a backup that is put back unblocks nobody. */
  readonly blocked: string;
  /** Room on the disk that is kept for removals. */
  readonly reserve: string;
  /** Folder of the backups. */
  readonly backups: string;
  /** Names the backup that is being put in place, while it is. */
  readonly restore: string;
  /** Says that the device was exported and retired. */
  readonly retired: string;
  /** Copy of the database while it is exported. */
  readonly exportCopy: string;
  /** The database of an import until it is in place, and what says that an import is under way. */
  readonly imported: string;
  readonly importing: string;
  /** Empty file that the owner keeps locked. */
  readonly lock: string;
  /** The owner's process id, for the sentence shown to whoever finds the lock taken. */
  readonly pid: string;
}

export const storePathsIn = (dataDir: string): StorePaths => ({
  dataDir,
  database: join(dataDir, 'store.db'),
  log: join(dataDir, 'store.db-wal'),
  key: join(dataDir, 'store.key'),
  staleKey: join(dataDir, 'store.key.stale'),
  mark: join(dataDir, 'store.mark'),
  blocked: join(dataDir, 'store.blocked'),
  reserve: join(dataDir, 'store.reserve'),
  backups: join(dataDir, 'backups'),
  restore: join(dataDir, 'store.restore'),
  retired: join(dataDir, 'store.retired'),
  exportCopy: join(dataDir, 'store.export'),
  imported: join(dataDir, 'store.import'),
  importing: join(dataDir, 'store.importing'),
  lock: join(dataDir, 'store.lock'),
  pid: join(dataDir, 'store.pid'),
});

/** Whether a device was ever kept in a directory; also when what is left of it is damaged. */
export const hasStore = (dataDir: string): boolean => {
  const { database, key, importing } = storePathsIn(dataDir);
  // An import that was cut short has left its key and no device.
  return existsSync(database) || (existsSync(key) && !existsSync(importing));
};
