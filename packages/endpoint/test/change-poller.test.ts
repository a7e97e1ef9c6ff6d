import { fakeClock } from '@bowline/testing';
import { expect, test } from 'vitest';
import { changePoller } from '../src/change-poller.ts';
import { ENDPOINT_DEFAULTS } from '../src/index.ts';

const OPTIONS = { ...ENDPOINT_DEFAULTS, pollMs: 1_000, youngPollMs: 100, youngForMs: 500 };

const setUp = () => {
  const clock = fakeClock();
  const poller = changePoller(clock, OPTIONS);
  const watch = () => {
    const looksAtMs: number[] = [];
    const cancel = poller.watch({ look: () => looksAtMs.push(clock.monotonicMs()) });
    return { looksAtMs, cancel };
  };
  return { clock, poller, watch };
};

test('looks often at what is young and seldom afterwards', async () => {
  const { clock, watch } = setUp();
  const { looksAtMs } = watch();
  await clock.advance(3_000);
  expect(looksAtMs).toEqual([100, 200, 300, 400, 500, 1_000, 2_000, 3_000]);
});

test('a young one does not make the old ones be looked at more often', async () => {
  const { clock, watch } = setUp();
  const old = watch();
  await clock.advance(600);
  const young = watch();
  await clock.advance(1_000);
  expect(old.looksAtMs).toEqual([100, 200, 300, 400, 500, 1_000]);
  expect(young.looksAtMs.slice(0, 4)).toEqual([700, 800, 900, 1_000]);
});

test('looks at all that is old in one tick, whenever each came', async () => {
  const { clock, watch } = setUp();
  const first = watch();
  await clock.advance(333);
  const second = watch();
  await clock.advance(6_000);
  const old = (looksAtMs: readonly number[]): readonly number[] => looksAtMs.filter((atMs) => atMs > 2_000);
  expect(old(second.looksAtMs)).toEqual(old(first.looksAtMs));
  expect(old(first.looksAtMs)).toEqual([3_000, 4_000, 5_000, 6_000]);
});

test('looks once at what a timer came early for', async () => {
  const { clock, watch } = setUp();
  const { looksAtMs } = watch();
  await clock.advance(1_500);
  const { monotonicMs } = clock;
  clock.monotonicMs = () => monotonicMs() - 0.6;
  await clock.advance(3_000);
  expect(looksAtMs.filter((atMs) => atMs > 1_400).map(Math.ceil)).toEqual([2_000, 3_000, 4_000]);
});

test('sets no timer when nothing is watched', async () => {
  const { clock, poller, watch } = setUp();
  const one = watch();
  one.cancel();
  await clock.advance(100);
  expect(one.looksAtMs).toEqual([]);
  expect(clock.pendingTimerCount).toBe(0);
  watch();
  poller.stop();
  expect(clock.pendingTimerCount).toBe(0);
});
