/** How delays between attempts grow. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
  /** By how much each failure multiplies the delay. @defaultValue 2 */
  readonly factor?: number;
  /**
   * The part of a delay that chance may take away, 0 to 1, so that those who failed together do not come back together.
   * @defaultValue 0.5
   */
  readonly jitterRatio?: number;
}

/** Beyond it every delay has reached its most; powers stay finite. */
const MAX_EXPONENT = 64;

/**
 * How long to wait before the next attempt, milliseconds.
 *
 * @param failures attempts that failed in a row, 1 or more
 * @param ratio a random number from 0 to 1
 */
export const backoffDelayMs = (backoff: Backoff, failures: number, ratio: number): number => {
  const { factor = 2, firstMs, jitterRatio = 0.5, mostMs } = backoff;
  const fullMs = Math.min(mostMs, firstMs * factor ** Math.min(Math.max(0, failures - 1), MAX_EXPONENT));
  return fullMs * (1 - jitterRatio * ratio);
};
