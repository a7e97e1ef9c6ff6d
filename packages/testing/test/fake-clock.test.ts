import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';

describe('fakeClock', () => {
  it('fires timers in order of due time, then of setting', async () => {
    const clock = fakeClock();
    const fired: string[] = [];
    clock.setTimer(20, () => fired.push('late'));
    clock.setTimer(10, () => fired.push('first'));
    clock.setTimer(10, () => fired.push('second'));
    await clock.advance(20);
    expect(fired).toEqual(['first', 'second', 'late']);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('fires what a timer sets within the same turn', async () => {
    const clock = fakeClock();
    const firedAtMs: number[] = [];
    const again = () => {
      firedAtMs.push(clock.monotonicMs());
      if (firedAtMs.length < 3) clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    await clock.advance(100);
    expect(firedAtMs).toEqual([10, 20, 30]);
    expect(clock.monotonicMs()).toBe(100);
  });

  it('lets promises settle between timers', async () => {
    const clock = fakeClock();
    const seen: string[] = [];
    clock.setTimer(1, () => {
      void Promise.resolve().then(() => seen.push('promise'));
    });
    clock.setTimer(2, () => seen.push('timer'));
    await clock.advance(5);
    expect(seen).toEqual(['promise', 'timer']);
  });

  it('fires nothing that was cancelled', async () => {
    const clock = fakeClock();
    let count = 0;
    const cancel = clock.setTimer(5, () => {
      count += 1;
    });
    cancel();
    cancel();
    await clock.advance(10);
    expect(count).toBe(0);
  });

  it('moves wall time without moving timers', async () => {
    const clock = fakeClock(1_000);
    clock.setWallTime(500_000);
    expect(clock.nowMs()).toBe(500_000);
    expect(clock.monotonicMs()).toBe(0);
    await clock.advance(10);
    expect(clock.nowMs()).toBe(500_010);
  });
});

describe('seededRandom', () => {
  it('repeats itself, and only itself', () => {
    expect(seededRandom(7).bytes(16)).toEqual(seededRandom(7).bytes(16));
    expect(seededRandom(7).bytes(16)).not.toEqual(seededRandom(8).bytes(16));
    const ratio = seededRandom(3).ratio();
    expect(ratio).toBeGreaterThanOrEqual(0);
    expect(ratio).toBeLessThan(1);
  });
});

describe('memoryLogger', () => {
  it('keeps the lines of its children with their fields', () => {
    const logger = memoryLogger();
    logger.child({ component: 'x' }).warn({ a: 1 }, 'said');
    expect(logger.lines).toEqual([{ level: 'warn', fields: { component: 'x', a: 1 }, message: 'said' }]);
  });
});
