import type { StoreKeyKind, StoreProblem, StoreProblemReport } from '@bowline/contracts';

/** How the store's key is kept, and what keeps it from storing now. */
export interface StoreHealth {
  readonly key: StoreKeyKind;
  problem: StoreProblemReport | null;
}

/** What happened and what to do, apart. */
export const storeReport = ({ code, file, reason }: StoreProblem): StoreProblemReport =>
  code === 'STORE_FULL'
    ? {
        code,
        reason: `the disk or quota that holds ${file} is full: nothing new is stored, and messages wait with their senders`,
        remedy: 'free some space there; what waits is stored by itself then, and unpairing works meanwhile',
      }
    : { code, reason, remedy: `check owner, permissions and the disk of ${file}` };
