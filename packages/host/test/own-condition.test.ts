import { seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { ownCondition } from '../src/own-condition.ts';

const after = (delaysMs: readonly number[]): number | null => {
  const condition = ownCondition();
  for (const delayMs of delaysMs) condition.noteTimerDelay(delayMs);
  return condition.timerDelayMs;
};

const times = (count: number, delayMs: number): readonly number[] => Array.from({ length: count }, () => delayMs);

describe('how late timers fire', () => {
  it('is not known before ten of them have fired', () => {
    expect(after(times(9, 900))).toBeNull();
    expect(after(times(10, 900))).toBe(900);
  });

  it('is not told by one long moment in two minutes, nor by a start', () => {
    expect(after([2_000, 900, 900, ...times(57, 3)])).toBe(3);
  });

  it('is told by one in ten that is late', () => {
    expect(after([...times(53, 3), ...times(7, 400)])).toBe(400);
  });

  it('is what sorting all of them would say', () => {
    const random = seededRandom(4);
    for (let count = 10; count <= 60; count += 1) {
      const delaysMs = Array.from({ length: count }, () => Math.floor(random.ratio() ** 4 * 30));
      expect(after(delaysMs)).toBe(delaysMs.toSorted((one, other) => one - other)[Math.ceil(0.9 * count) - 1]);
    }
  });

  it('is of the last two minutes', () => {
    expect(after([...times(60, 900), ...times(60, 4)])).toBe(4);
  });
});
