/** Milliseconds, as in the options of the same names. */
export interface LivenessLimits {
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

/** How a connection has been since it was last looked at. */
export interface ConnectionConduct {
  /** Reading from it is paused by us, so its silence is none. */
  readonly isPaused: boolean;
  /** It holds as much as it should. */
  readonly isBackedUp: boolean;
  /** It took something of what it was given although backed up. */
  readonly hasProgressed: boolean;
}

/** `ping`: ask it now. `silent` and `stalled`: it is gone, by saying nothing or by taking nothing. */
export type LivenessVerdict = 'fine' | 'ping' | 'silent' | 'stalled';

/**
 * Whether a client is still there, judged at every sweep. Between sweeps a frame costs one assignment: no clock is
 * read for it, and any frame is a sign of life.
 */
export class ClientLiveness {
  readonly #limits: LivenessLimits;
  #hasSpoken: boolean = true;
  #pingDueMs = 0;
  #pingedAtMs: number | undefined;
  #stalledSinceMs: number | undefined;

  constructor(limits: LivenessLimits) {
    this.#limits = limits;
  }

  /** A frame came. */
  hear(): void {
    this.#hasSpoken = true;
  }

  /**
   * @param nowMs monotonic time
   * @param ratio 0 to 1: the next ping comes up to a third later, so that those of clients who came together spread
   */
  judge(nowMs: number, conduct: ConnectionConduct, ratio: number): LivenessVerdict {
    if (this.#isStalled(nowMs, conduct)) return 'stalled';
    if (this.#hasSpoken || conduct.isPaused) {
      this.#hasSpoken = false;
      this.#pingedAtMs = undefined;
      this.#pingDueMs = nowMs + this.#limits.pingIntervalMs * (1 + ratio / 3);
      return 'fine';
    }
    if (this.#pingedAtMs !== undefined) {
      return nowMs - this.#pingedAtMs >= this.#limits.pongTimeoutMs ? 'silent' : 'fine';
    }
    if (nowMs < this.#pingDueMs) return 'fine';
    this.#pingedAtMs = nowMs;
    return 'ping';
  }

  #isStalled(nowMs: number, { hasProgressed, isBackedUp }: ConnectionConduct): boolean {
    if (!isBackedUp || hasProgressed) {
      this.#stalledSinceMs = undefined;
      return false;
    }
    this.#stalledSinceMs ??= nowMs;
    return nowMs - this.#stalledSinceMs >= this.#limits.stallTimeoutMs;
  }
}
