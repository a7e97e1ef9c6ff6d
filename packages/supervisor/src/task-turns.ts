/** Lets a bounded number of tasks run at a time; the others wait for their turn, first come, first served. */
export interface TaskTurns {
  /** Resolves when it is this task's turn, which it must give back; rejects with the reason of `signal` or of `close`. */
  take(signal: AbortSignal | undefined): Promise<void>;
  give(): void;
  /** Rejects who waits, with `reason`. */
  close(reason: Error): void;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (reason: unknown) => void;
}

/** @param maxAtOnce how many turns there are */
export const taskTurns = (maxAtOnce: number): TaskTurns => {
  const line = new Set<Waiting>();
  let taken = 0;
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (taken < maxAtOnce) {
          taken += 1;
          resolve();
          return;
        }
        const leave = (settle: () => void): void => {
          line.delete(waiting);
          signal?.removeEventListener('abort', onAbort);
          settle();
        };
        const onAbort = (): void => leave(() => reject(signal?.reason));
        const waiting: Waiting = { begin: () => leave(resolve), refuse: (reason) => leave(() => reject(reason)) };
        line.add(waiting);
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    give: () => {
      const [next] = line;
      if (next === undefined) taken -= 1;
      else next.begin();
    },
    close: (reason) => {
      for (const waiting of [...line]) waiting.refuse(reason);
    },
  };
};
