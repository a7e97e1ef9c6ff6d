/** What a share of lost packets has to change by to be told: a part of it, and of all packets. */
const TOLD_RATIO = 0.25;
const TOLD_SHARE = 0.01;

/** Least time between two tellings, milliseconds. */
const TOLD_EVERY_MS = 5_000;

/** Decides whether what is lost on a path is news, which is looked at far more often than it changes. */
export interface LossNews {
  /** @param ratio `null`: not known, or not any more */
  isNews(ratio: number | null, nowMs: number): boolean;
}

/** Nothing is told before anything is known. */
export const lossNews = (): LossNews => {
  let told: number | null = null;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  const isOther = (ratio: number | null): boolean => {
    if (ratio === null || told === null) return ratio !== told;
    return Math.abs(ratio - told) >= Math.max(TOLD_SHARE, told * TOLD_RATIO);
  };
  return {
    isNews: (ratio, nowMs) => {
      if (!isOther(ratio) || nowMs - toldAtMs < TOLD_EVERY_MS) return false;
      told = ratio;
      toldAtMs = nowMs;
      return true;
    },
  };
};
