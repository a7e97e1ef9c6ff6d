import { BoundedMap } from '@bowline/limits';

/** Most remotes remembered; beyond it the oldest is forgotten, and at worst told of once more. */
const MAX_REMEMBERED = 1_024;

/** At most one word a second for each remote. */
const QUIET_MS = 1_000;

/** Decides which refusals are told, so that a flood of attempts is not a flood of events. */
export const refusalThrottle = (): ((remote: string, nowMs: number) => boolean) => {
  const toldAtMs = new BoundedMap<string, number>(MAX_REMEMBERED);
  return (remote, nowMs) => {
    const lastMs = toldAtMs.get(remote);
    if (lastMs !== undefined && nowMs - lastMs < QUIET_MS) return false;
    toldAtMs.set(remote, nowMs);
    return true;
  };
};
