/**
 * How long one known by hearsay keeps its place without having proven the code while others wait, milliseconds. An honest
 * one needs some tens, and 1,000 more when its first packet is lost (iroh repeats it after 1 s, measured).
 */
export const PLACE_MS = 2_000;

/** Endpoints waiting for a place; of silent ones a search has time for fewer. */
const MAX_WAITING = 1_024;

/** The one that has had its place longest, and how long it may still keep it, milliseconds. */
export interface PlaceHolder {
  readonly key: string;
  readonly leftMs: number;
}

/**
 * Who has a place, and who waits for one, by key. Pure: each call says what time it is (monotonic milliseconds).
 *
 * While there are places, all get one; then each keeps its own for {@link PLACE_MS}, and who has come to nothing in it
 * goes to the end of the queue. So liars that say nothing only make the honest one wait, and cost this device no more
 * than their places.
 */
export interface HearsayPlaces {
  /** Gives it a place. */
  place(key: string, nowMs: number): void;
  /** Has it wait at the end of the queue; `false` when that is full. One that waits already keeps its turn. */
  wait(key: string): boolean;
  /** Its time is over: it goes to the end of the queue, however long that is. */
  requeue(key: string): void;
  /** It has, or needs, no place any more. */
  forget(key: string): void;
  /** Those that wait, the longest first. */
  waiting(): readonly string[];
  isWaiting(key: string): boolean;
  /** Who makes room next. @param mayEnd whether this one may lose its place */
  oldest(nowMs: number, mayEnd: (key: string) => boolean): PlaceHolder | undefined;
}

export const hearsayPlaces = (): HearsayPlaces => {
  /** When each was placed, the longest ago first. */
  const placed = new Map<string, number>();
  const queue = new Set<string>();
  return {
    place: (key, nowMs) => {
      queue.delete(key);
      placed.delete(key);
      placed.set(key, nowMs);
    },
    wait: (key) => {
      if (queue.has(key)) return true;
      if (queue.size >= MAX_WAITING) return false;
      queue.add(key);
      return true;
    },
    requeue: (key) => {
      placed.delete(key);
      queue.add(key);
    },
    forget: (key) => {
      placed.delete(key);
      queue.delete(key);
    },
    waiting: () => [...queue],
    isWaiting: (key) => queue.has(key),
    oldest: (nowMs, mayEnd) => {
      for (const [key, placedAtMs] of placed) {
        if (mayEnd(key)) return { key, leftMs: placedAtMs + PLACE_MS - nowMs };
      }
      return undefined;
    },
  };
};
