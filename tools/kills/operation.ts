import type { Store } from '../../packages/persistence/src/store.ts';

/** What must be known of a store after any kill: who is in, who is out, and what was said last. */
export interface KnownState {
  /** Paired devices by name, sorted. A pending one is no permission and does not count. */
  readonly paired: readonly string[];
  /** Blocked devices by name, sorted. */
  readonly blocked: readonly string[];
  /** The last value of a setting; 0 before the first. */
  readonly setting: number;
}

export interface OperationInput {
  readonly store: Store;
  readonly known: KnownState;
  readonly dataDir: string;
  /** From 0 up to 1. */
  readonly ratio: () => number;
}

/** What an operation would do now, and how the store stands afterwards. */
export interface PlannedOperation {
  readonly after: KnownState;
  run(): void;
}

/** One thing that may be under way when the process is killed. `null`: it can do nothing as things stand. */
export interface Operation {
  readonly name: string;
  plan(input: OperationInput): PlannedOperation | null;
}
