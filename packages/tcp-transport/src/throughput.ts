import type { Clock } from '@bowline/contracts';

/** Over how long it is counted: long enough to be steady, short enough to be about now. */
const SPAN_MS = 1_000;

/** How many bytes a second go and come, over the last second or two. */
export interface Throughput {
  note(bytes: number): void;
  readonly bytesPerSecond: number;
}

export const throughput = (clock: Clock): Throughput => {
  let sinceMs = clock.monotonicMs();
  let bytes = 0;
  let lastRate = 0;

  /** Begins to count anew where a span is full; one in which nothing was noted says that nothing moves. */
  const turn = (): void => {
    const elapsedMs = clock.monotonicMs() - sinceMs;
    if (elapsedMs < SPAN_MS) return;
    lastRate = elapsedMs < 2 * SPAN_MS ? (bytes * 1_000) / elapsedMs : 0;
    sinceMs += elapsedMs;
    bytes = 0;
  };

  return {
    note: (count) => {
      turn();
      bytes += count;
    },
    get bytesPerSecond() {
      turn();
      return Math.round(lastRate);
    },
  };
};
