import type { StoreProblem, StoreProblemReport } from '@bowline/contracts';

/** What keeps the store from storing now. */
export interface StoreHealth {
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
