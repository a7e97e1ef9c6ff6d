import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { roundTrips } from '../src/index.ts';

describe('round trips', () => {
  it('are kept with how long ago they were, oldest first', async () => {
    const clock = fakeClock();
    const kept = roundTrips(clock);
    kept.note(10);
    await clock.advance(500);
    kept.note(30);
    expect(kept.list()).toEqual([
      { rttMs: 10, agoMs: 500 },
      { rttMs: 30, agoMs: 0 },
    ]);
  });

  it('are 64 at most, and of five minutes at most', async () => {
    const clock = fakeClock();
    const kept = roundTrips(clock);
    for (let count = 0; count < 100; count += 1) kept.note(count);
    expect(kept.list()).toHaveLength(64);
    expect(kept.list()[0]?.rttMs).toBe(36);
    await clock.advance(300_001);
    kept.note(7);
    expect(kept.list()).toEqual([{ rttMs: 7, agoMs: 0 }]);
  });

  it('of a path before are forgotten', () => {
    const kept = roundTrips(fakeClock());
    kept.note(10);
    kept.clear();
    expect(kept.list()).toEqual([]);
  });
});
