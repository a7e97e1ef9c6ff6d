import type { Cancel, Clock } from '@bowline/contracts';

/** What {@link SpacedTasks} is made from. */
export interface SpacedTasksComponents<K> {
  readonly clock: Clock;
  /** Least time between two runs for one key, milliseconds. */
  readonly spacingMs: number;
  /** Does what is due for a key, as things stand then. */
  readonly run: (key: K) => void;
}

/**
 * Runs a task for each key at once, and however often it is asked for meanwhile, once more after a while: a caller who
 * asks without end costs one run in that time, and what was asked last is done.
 */
export class SpacedTasks<K> {
  readonly #components: SpacedTasksComponents<K>;
  /** Keys that ran lately; `isDue`: and were asked for since. */
  readonly #recent = new Map<K, { isDue: boolean; readonly cancel: Cancel }>();

  constructor(components: SpacedTasksComponents<K>) {
    this.#components = components;
  }

  ask(key: K): void {
    const recent = this.#recent.get(key);
    if (recent === undefined) this.#run(key);
    else recent.isDue = true;
  }

  /** Runs now for every key that waits. */
  flush(): void {
    for (const [key, recent] of [...this.#recent]) {
      if (!recent.isDue) continue;
      recent.isDue = false;
      this.#components.run(key);
    }
  }

  delete(key: K): void {
    this.#recent.get(key)?.cancel();
    this.#recent.delete(key);
  }

  /** Forgets every key; what waits is not run. */
  clear(): void {
    for (const key of [...this.#recent.keys()]) this.delete(key);
  }

  #run(key: K): void {
    const { clock, spacingMs, run } = this.#components;
    const rest = (): void => {
      const isDue = this.#recent.get(key)?.isDue ?? false;
      this.#recent.delete(key);
      if (isDue) this.#run(key);
    };
    this.#recent.set(key, { isDue: false, cancel: clock.setTimer(spacingMs, rest, { unref: true }) });
    run(key);
  }
}
