/** Something that happened in a lab, and who says so. */
export interface LabMoment {
  /** Wall clock, milliseconds: the devices of a lab share one. */
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** What all devices, relays and faults of a lab tell, as one. */
export interface LabTimeline {
  note(who: string, what: string): void;
  /** In the order of time; the oldest ones are forgotten. */
  moments(): readonly LabMoment[];
}

/** Enough for some minutes of a device that logs all it does. */
const MOST_MOMENTS = 50_000;

const MOST_CHARACTERS = 600;

export const labTimeline = (nowMs: () => number = Date.now): LabTimeline => {
  let moments: LabMoment[] = [];
  return {
    note: (who, what) => {
      moments.push({ atMs: nowMs(), who, what: what.slice(0, MOST_CHARACTERS) });
      if (moments.length > 2 * MOST_MOMENTS) moments = moments.slice(-MOST_MOMENTS);
    },
    moments: () => moments.slice(-MOST_MOMENTS),
  };
};

/** A timeline as text: seconds since its beginning, who, and what. */
export const timelineText = (moments: readonly LabMoment[]): string => {
  const beginMs = moments[0]?.atMs ?? 0;
  const width = Math.max(0, ...moments.map(({ who }) => who.length));
  return moments
    .map(({ atMs, who, what }) => `${((atMs - beginMs) / 1_000).toFixed(3).padStart(9)}  ${who.padEnd(width)}  ${what}`)
    .join('\n');
};
