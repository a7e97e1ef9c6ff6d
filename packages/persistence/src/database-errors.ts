import { BowlineError, errorCode, errorMessage } from '@bowline/contracts';
import { StoreDamagedError, StoreFullError, StoreInaccessibleError, StoreLockedError } from './errors.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html); extended codes carry them in their low byte. */
const SQLITE = { ERROR: 1, BUSY: 5, LOCKED: 6, CORRUPT: 11, FULL: 13, FORMAT: 24, NOTADB: 26 } as const;

/** Our statements are right for a sound schema, so "no such table" (`ERROR`) means a table is gone. */
const DAMAGE: ReadonlySet<number> = new Set([SQLITE.ERROR, SQLITE.CORRUPT, SQLITE.FORMAT, SQLITE.NOTADB]);

/** The primary result code of an error of `node:sqlite`, also when it is the cause of `error`. */
const sqliteCode = (error: unknown): number | undefined => {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  return error.cause === undefined ? undefined : sqliteCode(error.cause);
};

/** Whether somebody else holds the lock that was asked for. */
export const isBusy = (error: unknown): boolean => {
  const code = sqliteCode(error);
  return code === SQLITE.BUSY || code === SQLITE.LOCKED;
};

/** Turns what `node:sqlite` throws into an error that names the file and the remedy. Everything else passes as it is. */
export const databaseError = (file: string, dataDir: string, error: unknown): unknown => {
  if (error instanceof BowlineError) return error;
  const code = sqliteCode(error);
  if (code !== undefined && DAMAGE.has(code)) return new StoreDamagedError(file, errorMessage(error), error);
  // A number that no statement of ours writes.
  if (errorCode(error) === 'ERR_OUT_OF_RANGE') return new StoreDamagedError(file, errorMessage(error), error);
  if (code === SQLITE.FULL) return new StoreFullError(file, error);
  if (isBusy(error)) return new StoreLockedError(dataDir, null, error);
  if (code === undefined) return error;
  return new StoreInaccessibleError(file, errorMessage(error), error);
};
