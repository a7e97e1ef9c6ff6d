/** Most remotes remembered; beyond it the oldest is forgotten, and at worst told of once more. */
const MAX_REMEMBERED = 1_024;

/** At most one word a second for each remote. */
const QUIET_MS = 1_000;

/** Decides which refusals are told, so that a flood of attempts is not a flood of events. */
export const refusalThrottle = (): ((remote: string, nowMs: number) => boolean) => {
  const toldAtMs = new Map<string, number>();
  return (remote, nowMs) => {
    const lastMs = toldAtMs.get(remote);
    if (lastMs !== undefined && nowMs - lastMs < QUIET_MS) return false;
    toldAtMs.delete(remote);
    toldAtMs.set(remote, nowMs);
    const [oldest] = toldAtMs.keys();
    if (toldAtMs.size > MAX_REMEMBERED && oldest !== undefined) toldAtMs.delete(oldest);
    return true;
  };
};
