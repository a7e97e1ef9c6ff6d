import { fakeClock } from '@bowline/testing';
import { expect, test } from 'vitest';
import { loopbackTouch, TOUCH_EVERY_MS } from '../src/loopback-touch.ts';

const setUp = () => {
  const clock = fakeClock();
  const touchedAtMs: number[] = [];
  return { clock, touchedAtMs, touch: loopbackTouch(clock, () => touchedAtMs.push(clock.monotonicMs())) };
};

test('touches at once and every 25 s, two times within the minute iroh stays', async () => {
  const { clock, touchedAtMs, touch } = setUp();
  touch.now();
  await clock.advance(100_000);
  expect(touchedAtMs).toEqual([0, 25_000, 50_000, 75_000, 100_000]);
  expect(2 * TOUCH_EVERY_MS).toBeLessThan(60_000);
});

test('counts anew from a touch out of turn', async () => {
  const { clock, touchedAtMs, touch } = setUp();
  touch.now();
  await clock.advance(10_000);
  touch.now();
  await clock.advance(40_000);
  expect(touchedAtMs).toEqual([0, 10_000, 35_000]);
});

test('does nothing before the first time, nor while it rests', async () => {
  const { clock, touchedAtMs, touch } = setUp();
  await clock.advance(60_000);
  touch.now();
  touch.rest();
  await clock.advance(60_000);
  expect(touchedAtMs).toEqual([60_000]);
  touch.now();
  expect(touchedAtMs).toEqual([60_000, 120_000]);
});

test('does nothing after it was stopped, though it is asked to', async () => {
  const { clock, touchedAtMs, touch } = setUp();
  touch.now();
  touch.stop();
  touch.now();
  await clock.advance(60_000);
  expect(touchedAtMs).toEqual([0]);
});
