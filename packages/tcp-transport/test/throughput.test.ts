import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { throughput } from '../src/throughput.ts';

describe('throughput', () => {
  it('is that of the last second, and nothing once nothing moves', async () => {
    const clock = fakeClock();
    const measured = throughput(clock);
    expect(measured.bytesPerSecond).toBe(0);
    for (let step = 0; step < 20; step += 1) {
      measured.note(500);
      await clock.advance(100);
    }
    expect(measured.bytesPerSecond).toBe(5_000);
    await clock.advance(1_000);
    expect(measured.bytesPerSecond).toBe(0);
    await clock.advance(60_000);
    measured.note(1_000);
    expect(measured.bytesPerSecond).toBe(0);
  });
});
