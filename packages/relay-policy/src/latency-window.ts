/**
 * The last round trips of one relay, oldest first, milliseconds. A value: adding a sample gives a new window.
 */
export interface LatencyWindow {
  readonly samplesMs: readonly number[];
  /** The middle one of them; it is asked for every second and with every decision, and changes with a sample alone. */
  readonly medianMs: number | null;
}

/** A window nothing was measured for yet. */
export const EMPTY_LATENCY_WINDOW: LatencyWindow = Object.freeze({
  samplesMs: Object.freeze([]),
  medianMs: null,
});

/**
 * Samples kept. With a ping every half second to five seconds that is the last 10 to 100 seconds: long enough for a
 * median that single delayed answers do not move, short enough to follow a relay that turned slow.
 */
export const LATENCY_WINDOW_SAMPLES = 21;

/** The window after one more round trip. Values that are no duration (negative, not finite) are ignored. */
export const addLatencySample = (window: LatencyWindow, rttMs: number): LatencyWindow => {
  if (!Number.isFinite(rttMs) || rttMs < 0) return window;
  const isFull = window.samplesMs.length >= LATENCY_WINDOW_SAMPLES;
  const samplesMs = window.samplesMs.slice(1 - LATENCY_WINDOW_SAMPLES);
  samplesMs.push(rttMs);
  const [oldestMs] = window.samplesMs;
  const isMiddleKept = isFull && isOnOneSide(window.medianMs, oldestMs, rttMs);
  return { samplesMs, medianMs: isMiddleKept ? window.medianMs : middleOf(samplesMs) };
};

/** The middle round trip, milliseconds; `null` before the first. Of an even number of samples the lower middle one. */
export const medianLatencyMs = ({ medianMs }: LatencyWindow): number | null => medianMs;

/** Whether one sample may take the place of another one, and the middle stays what it is. */
const isOnOneSide = (middleMs: number | null, oldMs: number | undefined, newMs: number): boolean => {
  if (middleMs === null || oldMs === undefined) return false;
  return oldMs === newMs || (oldMs < middleMs && newMs < middleMs) || (oldMs > middleMs && newMs > middleMs);
};

const middleOf = (samplesMs: readonly number[]): number | null => {
  const sorted: number[] = [];
  // So few, and most of them alike, are in place sooner than any sort has begun.
  for (const sampleMs of samplesMs) {
    let index = sorted.length;
    for (let before = sorted[index - 1]; before !== undefined && before > sampleMs; before = sorted[index - 1]) {
      sorted[index] = before;
      index -= 1;
    }
    sorted[index] = sampleMs;
  }
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
};

/** The shortest round trip, milliseconds; `null` before the first. */
export const bestLatencyMs = (window: LatencyWindow): number | null =>
  window.samplesMs.length === 0 ? null : Math.min(...window.samplesMs);
