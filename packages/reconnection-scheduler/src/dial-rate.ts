/** Bounds how many dials start in a minute: a bucket that refills steadily. */
export interface DialRate {
  /** Takes one if there is one. */
  take(nowMs: number): boolean;
  /** When there is one again: `nowMs` when there is one now. */
  nextAtMs(nowMs: number): number;
}

/** Dials that may start at once after a quiet time: a household's devices all at the same moment. */
const BURST = 16;

/** @param perMinute dials a minute in the long run */
export const dialRate = (perMinute: number): DialRate => {
  const refillMs = 60_000 / perMinute;
  // The moment at which the bucket would be full again; each dial moves it one refill further.
  let fullAtMs = Number.NEGATIVE_INFINITY;
  const nextAtMs = (nowMs: number): number => Math.max(nowMs, fullAtMs - (BURST - 1) * refillMs);
  return {
    take: (nowMs) => {
      if (nextAtMs(nowMs) > nowMs) return false;
      fullAtMs = Math.max(nowMs, fullAtMs) + refillMs;
      return true;
    },
    nextAtMs,
  };
};
