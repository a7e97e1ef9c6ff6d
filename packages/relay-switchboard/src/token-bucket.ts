/** Lets through so many bytes a second on average, and so many at once after a pause. */
export class TokenBucket {
  readonly #bytesPerSecond: number;
  readonly #burstBytes: number;
  #tokens: number;
  #filledAtMs: number;

  /** @param nowMs monotonic milliseconds */
  constructor(bytesPerSecond: number, burstBytes: number, nowMs: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#burstBytes = burstBytes;
    this.#tokens = burstBytes;
    this.#filledAtMs = nowMs;
  }

  /** @returns whether `bytes` may pass now; if so they are taken */
  take(bytes: number, nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1_000) * this.#bytesPerSecond;
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + earned);
    this.#filledAtMs = nowMs;
    if (bytes > this.#tokens) return false;
    this.#tokens -= bytes;
    return true;
  }
}
