import { describe, expect, it } from 'vitest';
import { comparePositions, laterPosition } from '../src/index.ts';

const at = (incarnation: number, sequence: number) => ({ incarnation, sequence });

describe('message positions', () => {
  it('are ordered by incarnation, then sequence, with nothing before everything', () => {
    const shuffled = [at(2, 1), null, at(1, 9), at(2, 3), at(1, 1)];
    expect(shuffled.sort(comparePositions)).toEqual([null, at(1, 1), at(1, 9), at(2, 1), at(2, 3)]);
    expect(comparePositions(at(1, 1), at(1, 1))).toBe(0);
    expect(comparePositions(null, null)).toBe(0);
  });

  it('have a later one', () => {
    expect(laterPosition(null, at(1, 1))).toEqual(at(1, 1));
    expect(laterPosition(at(2, 1), at(1, 5))).toEqual(at(2, 1));
  });
});
