import { expect, test } from 'vitest';
import { refusalThrottle } from '../src/refusal-throttle.ts';

test('tells of one remote at most once a second', () => {
  const isTellable = refusalThrottle();
  expect([0, 1, 999, 1_000, 1_001].map((nowMs) => isTellable('one', nowMs))).toEqual([true, false, false, true, false]);
  expect(isTellable('two', 1)).toBe(true);
});

test('remembers a bounded number of remotes', () => {
  const isTellable = refusalThrottle();
  isTellable('first', 0);
  for (let index = 0; index < 1_024; index += 1) isTellable(`other ${index}`, 0);
  expect(isTellable('first', 1)).toBe(true);
  expect(isTellable('other 1023', 1)).toBe(false);
});
