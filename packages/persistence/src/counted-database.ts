import { errorCode, errorMessage, type Logger, type StoreProblem } from '@bowline/contracts';
import type { StoreDatabase } from './database.ts';
import type { DiskReserve } from './disk-reserve.ts';
import { countContents, type StoreContents } from './store-contents.ts';
import type { StoreMarkFile } from './store-mark.ts';

/** The database of a store in use: every change is counted, in it and in the mark outside it. */
export interface CountedDatabase extends StoreDatabase {
  /**
   * As `transaction`, for what must never be lost: it has left the write-ahead log, and the mark outside is synced too,
   * when it returns.
   */
  lasting<T>(work: () => T): T;
  /**
   * As `transaction`, for a change that `lasting` would guard, when one that does follows before anybody relies on it: it
   * is counted as one of those, and its traces stay in the log until then.
   */
  preliminary<T>(work: () => T): T;
  /** As `lasting`, for what must be possible on a full disk as well: it may use the room that is kept for it. */
  removing<T>(work: () => T): T;
  /** Writes the mark as the database stands now. */
  markNow(): void;
}

/** Errors that are the disk's and pass with it. */
const DISK_CODES: ReadonlySet<string> = new Set(['STORE_FULL', 'STORE_INACCESSIBLE']);

/** Free pages that stay for what comes next, 4 MiB, and how many go at once, 16 MiB. */
const FREE_PAGES_KEPT = 1_024;
const PAGES_FREED_AT_ONCE = 4_096;

export interface CountedDatabaseComponents {
  readonly database: StoreDatabase;
  readonly markFile: StoreMarkFile;
  readonly reserve: DiskReserve;
  readonly logger: Logger;
  /** Hears, once for each change, what keeps the store from storing; `null`: nothing. */
  readonly onProblem: (problem: StoreProblem | null) => void;
}

export const countedDatabase = ({
  database,
  markFile,
  reserve,
  logger,
  onProblem,
}: CountedDatabaseComponents): CountedDatabase => {
  const setFact = database.prepare('UPDATE facts SET value = :value WHERE name = :name');
  const selectFree = database.prepare('PRAGMA freelist_count');
  const selectCounts = database.prepare(
    'SELECT (SELECT endpoint_id FROM identity) AS endpointId, (SELECT count(*) FROM devices) AS deviceCount',
  );
  let now = countContents(database);

  let problemCode: string | null = null;
  const note = (problem: StoreProblem | null): void => {
    if ((problem?.code ?? null) === problemCode) return;
    problemCode = problem?.code ?? null;
    onProblem(problem);
  };
  /** What the disk refuses is told; that it takes a change again, too. */
  const noting = <T>(work: () => T): T => {
    try {
      const result = work();
      note(null);
      return result;
    } catch (error) {
      const code = errorCode(error);
      if (code !== undefined && DISK_CODES.has(code)) note({ code, file: database.file, reason: errorMessage(error) });
      throw error;
    }
  };

  const counted = <T>(work: () => T, isLasting: boolean): T => {
    const changes = now.changes + 1;
    const generation = now.generation + (isLasting ? 1 : 0);
    const { result, counts } = database.transaction(() => {
      const result = work();
      setFact.run({ name: 'changes', value: changes });
      if (isLasting) setFact.run({ name: 'generation', value: generation });
      const counts = isLasting ? (selectCounts.get() as Pick<StoreContents, 'endpointId' | 'deviceCount'>) : now;
      return { result, counts };
    });
    const { endpointId, deviceCount } = counts;
    now = { endpointId, deviceCount, changes, generation };
    return result;
  };

  /**
   * The change is committed by now, so it stands; without the mark, or left in the log, it is only less well guarded.
   * The next change makes up for it.
   */
  const guarding = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      logger.warn({ file: database.file, what, reason: errorMessage(error) }, 'stored change is not guarded yet');
    }
  };

  const countedSoon = <T>(work: () => T, isLasting: boolean): T => {
    const result = noting(() => counted(work, isLasting));
    guarding('mark', () => markFile.writeSoon(now));
    return result;
  };

  const markNow = (): void => markFile.writeLasting(now);
  const settle = (): void => {
    // In this order: a mark may lag behind the database, never the other way round.
    guarding('log', () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    guarding('room', shrink);
    guarding('mark', markNow);
  };
  /** Gives room that was freed back to the disk, a little at a time. */
  const shrink = (): void => {
    const { freelist_count: free } = selectFree.get() as { readonly freelist_count: number };
    if (free > FREE_PAGES_KEPT) database.exec(`PRAGMA incremental_vacuum(${PAGES_FREED_AT_ONCE})`);
  };

  return {
    ...database,
    transaction: (work) => countedSoon(work, false),
    preliminary: (work) => countedSoon(work, true),
    lasting: (work) => {
      const result = noting(() => counted(work, true));
      settle();
      reserve.ensure();
      return result;
    },
    removing: (work) => {
      const result = noting(() => {
        try {
          return counted(work, true);
        } catch (error) {
          if (errorCode(error) !== 'STORE_FULL' || !reserve.release()) throw error;
          return counted(work, true);
        }
      });
      settle();
      return result;
    },
    markNow,
  };
};
