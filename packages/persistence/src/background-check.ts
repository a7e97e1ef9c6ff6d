import { errorMessage, type Logger, type StoreProblem } from '@bowline/contracts';
import { z } from 'zod';
import { JOURNAL_CHECKSUM, TIMELINE_CHECKSUM } from './checksums.ts';
import type { LargeTable, StoreDatabase } from './database.ts';
import { parseRow, stored } from './stored-values.ts';

/** Rows looked at in one go: a few milliseconds, in which nobody else is served. */
const SLICE_ROWS = 200;

const CHECKSUMS: Readonly<Record<LargeTable, string>> = { timeline: TIMELINE_CHECKSUM, journal: JOURNAL_CHECKSUM };

const sliceRow = z.object({ last: stored.count.nullable(), altered: stored.count.nullable() });

/** Reads what was left out when a large store was opened, a little at a time. */
export interface BackgroundCheck {
  /** Looks at the next rows. `done`: there are none left, or there is damage, which was told. */
  next(): 'more' | 'done';
}

export interface BackgroundCheckComponents {
  readonly database: Pick<StoreDatabase, 'file' | 'prepare'>;
  readonly tables: readonly LargeTable[];
  readonly logger: Logger;
  readonly onDamage: (problem: StoreProblem) => void;
}

export const backgroundCheck = ({ database, tables, logger, onDamage }: BackgroundCheckComponents): BackgroundCheck => {
  const waiting = [...tables];
  let after = 0;

  const selections = new Map(
    tables.map((table) => [
      table,
      database.prepare(`
        SELECT max(position) AS last, sum(checksum IS NOT ${CHECKSUMS[table]}) AS altered
        FROM (SELECT * FROM ${table} WHERE position > :after ORDER BY position LIMIT ${SLICE_ROWS})`),
    ]),
  );

  const fail = (table: LargeTable, what: string): 'done' => {
    waiting.length = 0;
    logger.error({ file: database.file, table, what }, 'store is damaged');
    const reason = `a part of ${database.file} that tells what happened (${table}) is damaged: ${what}`;
    onDamage({ code: 'STORE_DAMAGED', file: database.file, reason });
    return 'done';
  };

  return {
    next: () => {
      const table = waiting[0];
      const select = table === undefined ? undefined : selections.get(table);
      if (table === undefined || select === undefined) return 'done';
      try {
        const { last, altered } = parseRow(sliceRow, select.get({ after }), table, database.file);
        if ((altered ?? 0) > 0) return fail(table, `a row after ${after} is not as it was stored`);
        if (last !== null) after = last;
        else {
          waiting.shift();
          after = 0;
        }
      } catch (error) {
        return fail(table, errorMessage(error));
      }
      return waiting.length > 0 ? 'more' : 'done';
    },
  };
};
