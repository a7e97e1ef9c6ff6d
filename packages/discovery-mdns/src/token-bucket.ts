import type { Clock } from '@bowline/contracts';

/** How much is let through. */
export interface TokenRate {
  /** Tokens that come back each second. */
  readonly perSecond: number;
  /** Tokens a bucket holds at most, and at first. */
  readonly burst: number;
}

/** Lets a bounded amount through: a burst at once, then a steady rate. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: TokenRate;
  #tokens: number;
  #filledAtMs: number;

  constructor(clock: Clock, rate: TokenRate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** Takes `count` tokens when there are as many; takes none otherwise. */
  take(count = 1): boolean {
    const nowMs = this.#clock.monotonicMs();
    const refill = ((nowMs - this.#filledAtMs) / 1_000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + refill);
    this.#filledAtMs = nowMs;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
