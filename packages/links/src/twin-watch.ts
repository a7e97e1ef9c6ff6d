import type { Clock } from '@bowline/contracts';

/** Which runs of one device are there at the same time: its identity runs once, or it was copied. */
export interface TwinWatch {
  /** Two runs were found alive at the same moment. */
  found(life: string, other: string): void;
  /** A run shows itself. Answers whether another one has been there until just now. */
  note(life: string): boolean;
  readonly isTwin: boolean;
  /** Whether there are two, and one of them has shown itself just now: it comes by itself, and need not be dialled. */
  readonly isComing: boolean;
  /** What was known counts no more. */
  forget(): void;
}

/**
 * A run that has not shown itself for so long is gone, milliseconds. Those that are refused come again every 3 s; a dial
 * may take a few seconds more.
 */
const GONE_AFTER_MS = 10_000;

/** Most runs remembered of one device; more than two copies are a curiosity. */
const MAX_LIVES = 16;

/** @param onChanged hears when it becomes, or ceases to be, known that there are two */
export const twinWatch = (clock: Clock, onChanged: (isTwin: boolean) => void): TwinWatch => {
  const heardAtMs = new Map<string, number>();
  let isTwin = false;

  const see = (life: string): void => {
    heardAtMs.delete(life);
    heardAtMs.set(life, clock.monotonicMs());
    const [oldest] = heardAtMs.keys();
    if (heardAtMs.size > MAX_LIVES && oldest !== undefined) heardAtMs.delete(oldest);
  };
  const become = (next: boolean): void => {
    if (next === isTwin) return;
    isTwin = next;
    onChanged(next);
  };

  return {
    found: (life, other) => {
      see(life);
      see(other);
      become(true);
    },
    note: (life) => {
      if (!isTwin) return false;
      see(life);
      const nowMs = clock.monotonicMs();
      for (const [each, atMs] of heardAtMs) if (nowMs - atMs > GONE_AFTER_MS) heardAtMs.delete(each);
      become(heardAtMs.size > 1);
      return isTwin;
    },
    get isTwin() {
      return isTwin;
    },
    get isComing() {
      const nowMs = clock.monotonicMs();
      return isTwin && [...heardAtMs.values()].some((atMs) => nowMs - atMs <= GONE_AFTER_MS);
    },
    forget: () => {
      heardAtMs.clear();
      become(false);
    },
  };
};
