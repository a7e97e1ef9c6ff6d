/** Whole files that are put on the disk at once: a small file does not wait for the one before. */
const MAX_AT_ONCE = 16;

/** Work of one push that goes on while the sender is heard. */
export interface BackgroundWork {
  /** What the first work that failed failed with; `null` while none has. */
  readonly failure: unknown;
  /** Begins it at once, however much goes on. */
  begin(work: () => Promise<void>): void;
  /** Begins it when little enough goes on. */
  beginInBounds(work: () => Promise<void>): Promise<void>;
  /** Resolves when the first of what goes on is over. Something must go on. */
  oneOver(): Promise<void>;
  /** Resolves when nothing goes on any more, whether it failed or not. */
  allOver(): Promise<void>;
}

export const backgroundWork = (): BackgroundWork => {
  const running = new Set<Promise<void>>();
  let failure: unknown = null;

  const begin = (work: () => Promise<void>): void => {
    const own: Promise<void> = work()
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => running.delete(own));
    running.add(own);
  };

  return {
    get failure() {
      return failure;
    },
    begin,
    beginInBounds: async (work) => {
      if (running.size >= MAX_AT_ONCE) await Promise.race(running);
      begin(work);
    },
    oneOver: () => Promise.race(running),
    allOver: async () => {
      // What is over may begin what waits.
      while (running.size > 0) await Promise.all(running);
    },
  };
};
