/** What was measured of one thing, oldest first; `null` where nothing was. */
export type Samples = readonly (number | null)[];

/** Two minutes at one a second. */
const MAX_SAMPLES = 120;

/** The last samples of several things, by key. Kept in place: most of them are not looked at. */
export interface SampleHistory {
  /** Takes one sample of each thing there is; what is not among them is forgotten. */
  take(now: readonly (readonly [string, number | null])[]): void;
  of(key: string): Samples;
}

export const sampleHistory = (): SampleHistory => {
  const histories = new Map<string, (number | null)[]>();
  return {
    take: (now) => {
      for (const [key, value] of now) {
        const history = histories.get(key) ?? [];
        history.push(value);
        if (history.length > MAX_SAMPLES) history.shift();
        histories.set(key, history);
      }
      if (histories.size === now.length) return;
      const there = new Set(now.map(([key]) => key));
      for (const key of histories.keys()) if (!there.has(key)) histories.delete(key);
    },
    of: (key) => histories.get(key) ?? [],
  };
};
