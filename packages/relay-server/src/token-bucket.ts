import type { ReceiveLimit } from './options.ts';

/**
 * How much one client may still send. Bytes already received are always taken, into debt if need be; the debt says
 * how long to read nothing more.
 */
export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #burstBytes: number;
  #bytes: number;
  #filledAtMs: number;

  constructor(limit: ReceiveLimit, nowMs: number) {
    this.#bytesPerMs = limit.bytesPerSecond / 1_000;
    this.#burstBytes = limit.burstBytes;
    this.#bytes = limit.burstBytes;
    this.#filledAtMs = nowMs;
  }

  /** Takes `sizeBytes` at monotonic time `nowMs`. @returns milliseconds to pause reading, 0 for none */
  take(sizeBytes: number, nowMs: number): number {
    const refilled = this.#bytes + (nowMs - this.#filledAtMs) * this.#bytesPerMs;
    this.#filledAtMs = nowMs;
    this.#bytes = Math.min(this.#burstBytes, refilled) - sizeBytes;
    return this.#bytes >= 0 ? 0 : Math.ceil(-this.#bytes / this.#bytesPerMs);
  }
}
