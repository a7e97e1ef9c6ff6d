/** Runs one task after another, in the order they came. A task that fails is its caller's matter; the next one runs. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #size = 0;

  /** Tasks that have not ended. */
  get size(): number {
    return this.#size;
  }

  /** Resolves or rejects as `task` does, once its turn has come. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    this.#size += 1;
    const outcome = this.#last.then(task).finally(() => {
      this.#size -= 1;
    });
    this.#last = outcome.catch(() => undefined);
    return outcome;
  }

  /** Resolves once every task that came before has ended, however. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
