/** What is due first. Each key is held once; setting it again moves it. */
export interface DueHeap<Key> {
  readonly size: number;
  /** The key with the earliest time; of equal times, any. */
  peek(): { readonly key: Key; readonly atMs: number } | undefined;
  set(key: Key, atMs: number): void;
  delete(key: Key): void;
  /** When `key` is due, or `undefined` when it is not held. */
  timeOf(key: Key): number | undefined;
}

/** A binary heap that knows where each key is, so that one timer serves any number of devices. */
export const dueHeap = <Key>(): DueHeap<Key> => {
  const entries: { readonly key: Key; readonly atMs: number }[] = [];
  const indexOf = new Map<Key, number>();

  const place = (entry: { readonly key: Key; readonly atMs: number }, index: number): void => {
    entries[index] = entry;
    indexOf.set(entry.key, index);
  };
  /** Finds the place for `entry` on the way from a hole at `index` to the top, then to the bottom. */
  const settleInto = (entry: { readonly key: Key; readonly atMs: number }, start: number): void => {
    let index = start;
    for (;;) {
      const parentIndex = (index - 1) >> 1;
      const parent = index === 0 ? undefined : entries[parentIndex];
      if (parent === undefined || parent.atMs <= entry.atMs) break;
      place(parent, index);
      index = parentIndex;
    }
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = entries[leftIndex];
      const right = entries[leftIndex + 1];
      const child = right !== undefined && left !== undefined && right.atMs < left.atMs ? right : left;
      if (child === undefined || child.atMs >= entry.atMs) break;
      place(child, index);
      index = child === right ? leftIndex + 1 : leftIndex;
    }
    place(entry, index);
  };

  const remove = (key: Key): void => {
    const index = indexOf.get(key);
    if (index === undefined) return;
    indexOf.delete(key);
    const last = entries.pop();
    if (last !== undefined && index < entries.length) settleInto(last, index);
  };

  return {
    get size() {
      return entries.length;
    },
    peek: () => entries[0],
    set: (key, atMs) => {
      remove(key);
      settleInto({ key, atMs }, entries.length);
    },
    delete: remove,
    timeOf: (key) => {
      const index = indexOf.get(key);
      return index === undefined ? undefined : entries[index]?.atMs;
    },
  };
};
