/**
 * A map that never holds more than `max` entries: what was set longest ago gives way. Setting a key again makes it the
 * newest; reading it does not.
 */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number;
  readonly #onGone: (key: K, value: V) => void;

  /** @param max at least 1 @param onGone told of an entry that gave way, not of one that was deleted */
  constructor(max: number, onGone: (key: K, value: V) => void = () => undefined) {
    super();
    this.#max = max;
    this.#onGone = onGone;
  }

  override set(key: K, value: V): this {
    super.delete(key);
    super.set(key, value);
    if (this.size > this.#max) this.#dropOldest();
    return this;
  }

  #dropOldest(): void {
    for (const [key, value] of this) {
      super.delete(key);
      this.#onGone(key, value);
      return;
    }
  }
}
