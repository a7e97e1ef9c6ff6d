import type { StoreDatabase } from '../database.ts';

/** One step of the schema. A released migration never changes; what follows is a new one. */
export interface Migration {
  /** Schema version after this step: 1 for the first, then one more each. */
  readonly version: number;
  /** What it does, in kebab case; also in the name of its file. */
  readonly name: string;
  /** Runs inside a transaction that also raises the schema version. */
  readonly apply: (database: StoreDatabase) => void;
}
