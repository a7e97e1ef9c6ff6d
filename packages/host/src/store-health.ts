import type { StoreKeyKind, StoreProblem, StoreProblemReport } from '@bowline/contracts';
import type { System } from './system.ts';

/** How the store's key is kept, what keeps it from storing now, and whether somebody else runs with what is in it. */
export interface StoreHealth {
  readonly key: StoreKeyKind;
  problem: StoreProblemReport | null;
  isCloned: boolean;
}

/** No error: nothing that was asked for fails for it. */
const IDENTITY_CLONED = 'IDENTITY_CLONED';

const CLONED: StoreProblemReport = Object.freeze({
  code: IDENTITY_CLONED,
  reason:
    'another copy of this device runs at the same time, from a copy of the same data; other devices connect to neither',
  remedy: 'end one of the two; messages wait meanwhile, and the other one is connected again within half a minute',
});

/** What is to be told: what the disk refuses goes first. */
export const toldProblem = ({ problem, isCloned }: StoreHealth): StoreProblemReport | null =>
  problem ?? (isCloned ? CLONED : null);

/** Notes whether a copy of this device runs, and tells it when it has changed. */
export const noteClone = ({ storeHealth, hub }: Pick<System, 'storeHealth' | 'hub'>, isCloned: boolean): void => {
  if (storeHealth.isCloned === isCloned) return;
  storeHealth.isCloned = isCloned;
  if (storeHealth.problem === null) hub.tell({ event: 'store.problemChanged', problem: toldProblem(storeHealth) });
};

/** What happened and what to do, apart. */
export const storeReport = ({ code, file, reason }: StoreProblem): StoreProblemReport => {
  if (code === 'STORE_DAMAGED') {
    const remedy =
      'identity, devices and messages were checked and are safe; put back a backup to have the rest whole again';
    return { code, reason, remedy };
  }
  return code === 'STORE_FULL'
    ? {
        code,
        reason: `the disk or quota that holds ${file} is full: nothing new is stored, and messages wait with their senders`,
        remedy: 'free some space there; what waits is stored by itself then, and unpairing works meanwhile',
      }
    : { code, reason, remedy: `check owner, permissions and the disk of ${file}` };
};
