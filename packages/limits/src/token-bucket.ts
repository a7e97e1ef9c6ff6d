/** How much a {@link TokenBucket} lets through. The unit of a token is its user's: a packet, a byte, a dial. */
export interface TokenRate {
  /** Tokens that come back each second. */
  readonly perSecond: number;
  /** Tokens the bucket holds at most, and at first. */
  readonly burst: number;
}

/** Lets a bounded amount through: a burst at once, then a steady rate. */
export class TokenBucket {
  readonly #rate: TokenRate;
  #tokens: number;
  #filledAtMs: number;

  /** @param nowMs monotonic milliseconds */
  constructor(rate: TokenRate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes `count` tokens when there are as many. @returns whether there were; takes none otherwise */
  take(count: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /**
   * Takes `count` tokens that are spent already, into debt if need be: bytes that were received.
   *
   * @returns milliseconds until the debt is paid, 0 for none
   */
  spend(count: number, nowMs: number): number {
    this.#fill(nowMs);
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#rate.perSecond) * 1_000);
  }

  /** Puts back `count` tokens that were taken for nothing, up to a burst. */
  giveBack(count: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + count);
  }

  /** Milliseconds until `count` tokens are there, 0 if they are; `Infinity` for more than a burst. */
  waitMs(count: number, nowMs: number): number {
    this.#fill(nowMs);
    if (count > this.#rate.burst) return Number.POSITIVE_INFINITY;
    return Math.max(0, Math.ceil(((count - this.#tokens) / this.#rate.perSecond) * 1_000));
  }

  /** Whether nothing is known of it any more that a new one would not know. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.#rate.burst;
  }

  #fill(nowMs: number): void {
    const earned = ((nowMs - this.#filledAtMs) / 1_000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + Math.max(0, earned));
    this.#filledAtMs = nowMs;
  }
}
