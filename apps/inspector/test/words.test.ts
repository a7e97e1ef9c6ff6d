import { describe, expect, it } from 'vitest';
import { bytes, clockTime, dayTime, duration } from '../page/words.ts';

describe('what is measured, in words', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [99_940, '99.9 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1e18, '1000000 TB'],
  ])('%d bytes are %s', (count, words) => {
    expect(bytes(count)).toBe(words);
  });

  it.each([
    [null, '–'],
    [0.04, '0.0 ms'],
    [9.96, '10 ms'],
    [999.6, '1.0 s'],
    [59_960, '1 min'],
    [3_590_000, '1.0 h'],
    [86_390_000, '1 day'],
    [2 * 86_400_000, '2 days'],
  ])('%s milliseconds are %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it('names the day of what was not today', () => {
    const noon = new Date(2_027, 0, 15, 12).getTime();
    expect(dayTime(noon, noon + 3_600_000)).toBe(clockTime(noon));
    expect(dayTime(noon, noon + 86_400_000)).toBe(`${new Date(noon).toLocaleDateString()} ${clockTime(noon)}`);
  });
});
