/**
 * A task that says how things stand, such as telling a whole list. However often it is asked for while it runs, it runs
 * once more, and everybody who asked meanwhile waits for that one run: it begins after they asked.
 */
export class CoalescingTask {
  readonly #task: () => Promise<void>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Resolves or rejects as a run that begins now, or later, does. */
  run(): Promise<void> {
    if (this.#running === null) return this.#begin();
    const begin = (): Promise<void> => this.#begin();
    this.#next ??= this.#running.then(begin, begin);
    return this.#next;
  }

  async #begin(): Promise<void> {
    this.#next = null;
    const running = this.#task();
    this.#running = running;
    try {
      await running;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }
}
