/** What the heap orders. */
export interface HeapTimer {
  /** A whole millisecond. */
  dueMs: number;
  /** Of those due in the same millisecond, the one that was added first comes first. */
  turn: number;
}

/**
 * Timers in the order they are due, then in the order they were added. One that was cancelled is taken like all others: few wait
 * at a time, and most are short.
 */
export class TimerHeap<Timer extends HeapTimer> {
  readonly #timers: Timer[] = [];
  #lastTurn = 0;
  /** The first one was taken, and nothing is in its place yet: most timers are set again as soon as they have gone off. */
  #isFirstTaken: boolean = false;

  /** Sets the timer's turn. */
  add(timer: Timer): void {
    this.#lastTurn += 1;
    timer.turn = this.#lastTurn;
    if (this.#isFirstTaken) {
      this.#isFirstTaken = false;
      this.#sink(timer);
      return;
    }
    const timers = this.#timers;
    let index = timers.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = timers[parentIndex] as Timer;
      if (!isBefore(timer, parent)) break;
      timers[index] = parent;
      index = parentIndex;
    }
    timers[index] = timer;
  }

  /** The next one due up to a moment, which waits no more. */
  takeDue(untilMs: number): Timer | undefined {
    if (this.#isFirstTaken) this.#closeUp();
    const first = this.#timers[0];
    if (first === undefined || first.dueMs > untilMs) return undefined;
    this.#isFirstTaken = true;
    return first;
  }

  /** Puts the last one in the place of the first. */
  #closeUp(): void {
    this.#isFirstTaken = false;
    const last = this.#timers.pop() as Timer;
    if (this.#timers.length > 0) this.#sink(last);
  }

  /** Finds the place for `timer` from the top down, where there is a hole. */
  #sink(timer: Timer): void {
    const timers = this.#timers;
    const count = timers.length;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= count) break;
      const right = timers[childIndex + 1];
      if (right !== undefined && isBefore(right, timers[childIndex] as Timer)) childIndex += 1;
      const child = timers[childIndex] as Timer;
      if (!isBefore(child, timer)) break;
      timers[index] = child;
      index = childIndex;
    }
    timers[index] = timer;
  }
}

const isBefore = (one: HeapTimer, other: HeapTimer): boolean =>
  one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.turn < other.turn);
