import type { Clock, RoundTrip } from '@bowline/contracts';

/** Most round trips that are kept: with a heartbeat of two a second those of half a minute. */
const MAX_KEPT = 64;

/** Older ones say how it was: the minutes in which somebody notices that a connection is slow, and asks why. */
const KEPT_FOR_MS = 300_000;

/** The last round trips of one path, as they were measured anyway. */
export interface RoundTrips {
  note(rttMs: number): void;
  /** Another path: what was measured on the one before says nothing of it. */
  clear(): void;
  /** Oldest first. */
  list(): readonly RoundTrip[];
}

/** At most 64 of them, and none older than five minutes. */
export const roundTrips = (clock: Clock): RoundTrips => {
  let kept: { readonly rttMs: number; readonly atMs: number }[] = [];
  return {
    note: (rttMs) => {
      kept.push({ rttMs, atMs: clock.monotonicMs() });
      if (kept.length > MAX_KEPT) kept.shift();
    },
    clear: () => {
      kept = [];
    },
    list: () => {
      const nowMs = clock.monotonicMs();
      return kept
        .map(({ rttMs, atMs }) => ({ rttMs, agoMs: nowMs - atMs }))
        .filter(({ agoMs }) => agoMs <= KEPT_FOR_MS);
    },
  };
};
