import { describe, expect, it } from 'vitest';
import {
  addLatencySample,
  bestLatencyMs,
  EMPTY_LATENCY_WINDOW,
  LATENCY_WINDOW_SAMPLES,
  medianLatencyMs,
} from '../src/latency-window.ts';

const windowOf = (...samplesMs: readonly number[]) => samplesMs.reduce(addLatencySample, EMPTY_LATENCY_WINDOW);

describe('a latency window', () => {
  it('knows nothing before the first sample', () => {
    expect(medianLatencyMs(EMPTY_LATENCY_WINDOW)).toBeNull();
    expect(bestLatencyMs(EMPTY_LATENCY_WINDOW)).toBeNull();
  });

  it('tells the median and the best', () => {
    expect(medianLatencyMs(windowOf(9, 1, 500))).toBe(9);
    expect(medianLatencyMs(windowOf(9, 1))).toBe(1);
    expect(bestLatencyMs(windowOf(9, 1, 500))).toBe(1);
  });

  it('keeps the last samples only', () => {
    const samples = Array.from({ length: 100 }, (_, index) => index);
    expect(windowOf(...samples).samplesMs).toEqual(samples.slice(-LATENCY_WINDOW_SAMPLES));
  });

  it('tells the median of the samples it has, whatever came before them', () => {
    let window = EMPTY_LATENCY_WINDOW;
    for (let count = 0; count < 2_000; count += 1) {
      // Few values, so that many are alike.
      window = addLatencySample(window, Math.imul(count + 1, 0x9e3779b1) >>> 29);
      const sorted = window.samplesMs.toSorted((one, other) => one - other);
      expect(medianLatencyMs(window)).toBe(sorted[Math.floor((sorted.length - 1) / 2)]);
    }
  });

  it('ignores what is no duration', () => {
    expect(windowOf(-1, Number.NaN, Number.POSITIVE_INFINITY).samplesMs).toEqual([]);
  });
});
