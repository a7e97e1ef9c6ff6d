import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { settledPairing } from '../src/settled-pairing.ts';
import { peerDevice } from './scripted-system.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe('a pairing made now', () => {
  it.each([
    ['stands', 0],
    ['is put forward a day', DAY_MS],
    ['is put back a day', -DAY_MS],
  ])('is settled after a minute when the clock %s', async (_what, jumpMs) => {
    const clock = fakeClock();
    const settled = settledPairing(clock);
    const device = peerDevice(2, { pairedAtMs: clock.nowMs() });
    settled.begin(device.id);
    clock.setWallTime(clock.nowMs() + jumpMs);
    await clock.advance(MINUTE_MS);
    expect(settled.has(device)).toBe(false);
    await clock.advance(1);
    expect(settled.has(device)).toBe(true);
  });

  it('is not settled because an earlier one with that device was', async () => {
    const clock = fakeClock();
    const settled = settledPairing(clock);
    const device = peerDevice(2, { pairedAtMs: clock.nowMs() - DAY_MS });
    expect(settled.has(device)).toBe(true);
    settled.begin(device.id);
    expect(settled.has(device)).toBe(false);
  });
});

describe('a pairing of an earlier run', () => {
  it('is settled from the start when it is older than a minute', () => {
    const clock = fakeClock();
    const settled = settledPairing(clock);
    expect(settled.has(peerDevice(2, { pairedAtMs: clock.nowMs() - MINUTE_MS - 1 }))).toBe(true);
    expect(settled.has(peerDevice(2, { pairedAtMs: clock.nowMs() - MINUTE_MS }))).toBe(false);
  });

  it.each([
    ['is right', 0],
    ['was ahead when it was made', DAY_MS],
  ])('is settled a minute after the start at the latest, when the clock %s', async (_what, aheadMs) => {
    const clock = fakeClock();
    const device = peerDevice(2, { pairedAtMs: clock.nowMs() + aheadMs });
    const settled = settledPairing(clock);
    clock.setWallTime(clock.nowMs() + 2 * DAY_MS);
    await clock.advance(MINUTE_MS);
    expect(settled.has(device)).toBe(false);
    await clock.advance(1);
    expect(settled.has(device)).toBe(true);
  });
});
