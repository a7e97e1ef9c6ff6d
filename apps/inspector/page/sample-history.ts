/** What was measured of one thing, oldest first; `null` where nothing was. */
export type Samples = readonly (number | null)[];

/** Two minutes at one a second. */
const MAX_SAMPLES = 120;

/** The last samples of several things, by key. Kept in place: most of them are not looked at. */
export interface SampleHistory {
  /**
   * Takes one sample of each thing there is; what is not among them is forgotten.
   *
   * @param missed samples that were due since the last one and not taken, as in a page in the background: a gap, so that a line
   * goes back no further than it says
   */
  take(now: readonly (readonly [string, number | null])[], missed?: number): void;
  of(key: string): Samples;
}

export const sampleHistory = (): SampleHistory => {
  const histories = new Map<string, (number | null)[]>();
  return {
    take: (now, missed = 0) => {
      const gap = Array.from({ length: Math.min(missed, MAX_SAMPLES) }, () => null);
      for (const [key, value] of now) {
        const history = histories.get(key) ?? [];
        // What was not there before has missed nothing.
        if (history.length > 0) history.push(...gap);
        history.push(value);
        if (history.length > MAX_SAMPLES) history.splice(0, history.length - MAX_SAMPLES);
        histories.set(key, history);
      }
      if (histories.size === now.length) return;
      const there = new Set(now.map(([key]) => key));
      for (const key of histories.keys()) if (!there.has(key)) histories.delete(key);
    },
    of: (key) => histories.get(key) ?? [],
  };
};
