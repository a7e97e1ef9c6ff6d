/**
 * Notices that time went on without this process: it was stopped, held up, or the machine slept. What did not happen
 * meanwhile is nobody's fault, and what came meanwhile waits unread.
 *
 * Whoever looks at regular times says when the next look is due, and asks at each how late it is.
 */
export class TimeJump {
  readonly #toleratedMs: number;
  #dueMs = Number.POSITIVE_INFINITY;

  /** @param toleratedMs how late a busy process may look */
  constructor(toleratedMs: number) {
    this.#toleratedMs = toleratedMs;
  }

  /** @param dueMs when the next look is due, on the clock that shall be watched: one that goes on while the machine sleeps notices sleep */
  expectAt(dueMs: number): void {
    this.#dueMs = dueMs;
  }

  /** How late a look at `nowMs` is, milliseconds; 0 within what is tolerated. */
  lateMs(nowMs: number): number {
    const lateMs = nowMs - this.#dueMs;
    return lateMs > this.#toleratedMs ? lateMs : 0;
  }
}
