import { errorMessage, type Logger } from '@bowline/contracts';
import type { StoreDatabase } from './database.ts';
import { countContents, type StoreContents } from './store-contents.ts';
import type { StoreMarkFile } from './store-mark.ts';

/** The database of a store in use: every change is counted, in it and in the mark outside it. */
export interface CountedDatabase extends StoreDatabase {
  /**
   * As `transaction`, for what must never be lost: it has left the write-ahead log, and the mark outside is synced too,
   * when it returns.
   */
  lasting<T>(work: () => T): T;
  /** Writes the mark as the database stands now. */
  markNow(): void;
}

export const countedDatabase = (database: StoreDatabase, markFile: StoreMarkFile, logger: Logger): CountedDatabase => {
  const setFact = database.prepare('UPDATE facts SET value = :value WHERE name = :name');
  const selectCounts = database.prepare(
    'SELECT (SELECT endpoint_id FROM identity) AS endpointId, (SELECT count(*) FROM devices) AS deviceCount',
  );
  let now = countContents(database);

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

  const markNow = (): void => markFile.writeLasting(now);

  return {
    ...database,
    transaction: (work) => {
      const result = counted(work, false);
      guarding('mark', () => markFile.writeSoon(now));
      return result;
    },
    lasting: (work) => {
      const result = counted(work, true);
      // In this order: a mark may lag behind the database, never the other way round.
      guarding('log', () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
      guarding('mark', markNow);
      return result;
    },
    markNow,
  };
};
