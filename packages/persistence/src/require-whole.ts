import { statSync } from 'node:fs';
import { StoreDamagedError, StoreWentBackError } from './errors.ts';
import type { StoreContents } from './store-contents.ts';
import type { StoreMark } from './store-mark.ts';
import type { StorePaths } from './store-paths.ts';

/**
 * Compares what a database holds with what it must hold. Nothing is made anew in the place of something that is gone.
 *
 * @throws {@link StoreDamagedError}, {@link StoreWentBackError}
 */
export const requireWhole = (
  paths: StorePaths,
  found: StoreContents,
  { mark, hasKey }: { readonly mark: StoreMark | undefined; readonly hasKey: boolean },
): void => {
  // What was stored last is in the log while there is one.
  const file = isFilled(paths.log) ? paths.log : paths.database;
  if (found.endpointId === null) {
    if (mark?.endpointId != null) throw lostIdentity(file, paths.mark, mark.endpointId);
    // Only a store that was in use has a key, and it has a mark before it has a key.
    if (mark === undefined && hasKey) throw lostDatabase(file, paths.key);
    return;
  }
  if (mark === undefined || mark.endpointId === null) return;
  if (mark.endpointId !== found.endpointId) {
    throw new StoreDamagedError(paths.database, `it is the store of another device than ${paths.mark} tells of`);
  }
  if (found.changes < mark.changes || found.generation < mark.generation) {
    throw new StoreWentBackError(file, paths.mark, found, mark);
  }
  if (found.generation === mark.generation && found.deviceCount !== mark.deviceCount) {
    const problem = `it lists ${found.deviceCount} devices, and ${mark.deviceCount} were stored`;
    throw new StoreDamagedError(file, problem);
  }
};

const isFilled = (file: string): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;

const lostIdentity = (file: string, markFile: string, endpointId: string): StoreDamagedError =>
  new StoreDamagedError(file, `the identity of this device is gone; ${markFile} says that it was ${endpointId}`);

const lostDatabase = (file: string, keyFile: string): StoreDamagedError =>
  new StoreDamagedError(file, `the identity of this device is missing, although its key ${keyFile} is there`);
