/** How often one address may connect. */
export interface ConnectionRate {
  /** Connections a second in the long run. */
  readonly perSecond: number;
  /** Connections at once after silence. */
  readonly burst: number;
}

/** Most addresses remembered; beyond it the one remembered longest is forgotten. */
const MAX_ADDRESSES = 65_536;

interface Allowance {
  connections: number;
  countedAtMs: number;
}

/**
 * What each address may still connect now: a token bucket per address group, remembered only until it is full again.
 * A login costs the relay about a millisecond of CPU and the client next to nothing; this bounds what one place can ask for.
 */
export class AddressAllowances {
  readonly #rate: ConnectionRate;
  readonly #allowances = new Map<string, Allowance>();

  constructor(rate: ConnectionRate) {
    this.#rate = rate;
  }

  get size(): number {
    return this.#allowances.size;
  }

  /** Takes one connection of `group`. @returns whether it was allowed; a refused one costs nothing */
  take(group: string, nowMs: number): boolean {
    const connections = this.#allowedTo(group, nowMs) - 1;
    if (connections < 0) return false;
    this.#allowances.delete(group);
    this.#allowances.set(group, { connections, countedAtMs: nowMs });
    if (this.#allowances.size > MAX_ADDRESSES) this.#forgetOldest();
    return true;
  }

  /** Forgets addresses that have their full allowance again. */
  sweep(nowMs: number): void {
    for (const group of this.#allowances.keys()) {
      // Whoever connected last is at the end; but a smaller debt may hide behind a larger one for a while.
      if (this.#allowedTo(group, nowMs) < this.#rate.burst) break;
      this.#allowances.delete(group);
    }
  }

  #allowedTo(group: string, nowMs: number): number {
    const allowance = this.#allowances.get(group);
    if (allowance === undefined) return this.#rate.burst;
    const refilled = ((nowMs - allowance.countedAtMs) * this.#rate.perSecond) / 1_000;
    return Math.min(this.#rate.burst, allowance.connections + refilled);
  }

  #forgetOldest(): void {
    for (const group of this.#allowances.keys()) {
      this.#allowances.delete(group);
      return;
    }
  }
}
