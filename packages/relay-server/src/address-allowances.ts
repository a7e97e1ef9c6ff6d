import { BoundedMap, TokenBucket } from '@bowline/limits';

/** How often one address may connect. */
export interface ConnectionRate {
  /** Connections a second in the long run. */
  readonly perSecond: number;
  /** Connections at once after silence. */
  readonly burst: number;
}

/** Most addresses remembered; beyond it the one remembered longest is forgotten. */
const MAX_ADDRESSES = 65_536;

/**
 * What each address may still connect now: a token bucket per address group, remembered only until it is full again.
 * A login costs the relay about a millisecond of CPU and the client next to nothing; this bounds what one place can ask for.
 */
export class AddressAllowances {
  readonly #rate: ConnectionRate;
  readonly #allowances = new BoundedMap<string, TokenBucket>(MAX_ADDRESSES);

  constructor(rate: ConnectionRate) {
    this.#rate = rate;
  }

  get size(): number {
    return this.#allowances.size;
  }

  /** Takes one connection of `group`. @returns whether it was allowed; a refused one costs nothing */
  take(group: string, nowMs: number): boolean {
    const bucket = this.#allowances.get(group) ?? new TokenBucket(this.#rate, nowMs);
    if (!bucket.take(1, nowMs)) return false;
    this.#allowances.set(group, bucket);
    return true;
  }

  /** Forgets addresses that have their full allowance again. */
  sweep(nowMs: number): void {
    for (const [group, bucket] of this.#allowances) {
      // Whoever connected last is at the end; but a smaller debt may hide behind a larger one for a while.
      if (!bucket.isFull(nowMs)) break;
      this.#allowances.delete(group);
    }
  }
}
