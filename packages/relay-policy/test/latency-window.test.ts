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

  it('ignores what is no duration', () => {
    expect(windowOf(-1, Number.NaN, Number.POSITIVE_INFINITY).samplesMs).toEqual([]);
  });
});
