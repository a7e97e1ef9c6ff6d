import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { jumpWatch } from '../src/jump-watch.ts';

const watching = () => {
  const clock = fakeClock();
  let jumps = 0;
  const cancel = jumpWatch(clock, () => {
    jumps += 1;
  });
  return { clock, cancel, jumps: () => jumps };
};

describe('jump watch', () => {
  it('is silent while time goes on', async () => {
    const { clock, jumps } = watching();
    await clock.advance(3_600_000);
    expect(jumps()).toBe(0);
  });

  it('tells a jump of the wall clock once, either way', async () => {
    const { clock, jumps } = watching();
    await clock.advance(300);
    clock.setWallTime(clock.nowMs() + 8 * 3_600_000);
    await clock.advance(700);
    expect(jumps()).toBe(1);
    await clock.advance(10_000);
    clock.setWallTime(clock.nowMs() - 60_000);
    await clock.advance(10_000);
    expect(jumps()).toBe(2);
  });

  it('bears small corrections of the wall clock', async () => {
    const { clock, jumps } = watching();
    clock.setWallTime(clock.nowMs() + 900);
    await clock.advance(5_000);
    expect(jumps()).toBe(0);
  });

  it('tells a late timer once', async () => {
    const { clock, jumps } = watching();
    const { monotonicMs, nowMs } = clock;
    clock.monotonicMs = () => monotonicMs() + 5_000;
    clock.nowMs = () => nowMs() + 5_000;
    await clock.advance(10_000);
    expect(jumps()).toBe(1);
  });

  it('ends', async () => {
    const { clock, cancel, jumps } = watching();
    await clock.advance(5_000);
    cancel();
    clock.setWallTime(0);
    await clock.advance(5_000);
    expect(jumps()).toBe(0);
    expect(clock.pendingTimerCount).toBe(0);
  });
});
