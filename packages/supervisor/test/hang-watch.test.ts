import { fakeClock, settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import { hangWatch } from '../src/hang-watch.ts';

/** A watch with a ping every second that gives up after three; `pings` are answered by the test. */
const arrange = (lateMs: () => number = () => 0) => {
  const clock = fakeClock();
  const pings: PromiseWithResolvers<void>[] = [];
  const ping = () => {
    const asked = Promise.withResolvers<void>();
    pings.push(asked);
    return asked.promise;
  };
  const watch = hangWatch({
    clock: { ...clock, monotonicMs: () => clock.monotonicMs() + lateMs() },
    ping,
    pingIntervalMs: 1_000,
    maxSilentPings: 3,
  });
  let isHung = false;
  void watch.hung.then(() => {
    isHung = true;
  });
  const hasHung = async () => {
    await settle();
    return isHung;
  };
  return { clock, pings, watch, hasHung };
};

describe('a worker that is watched', () => {
  test('hangs once it has left pings unanswered for long enough, and is asked one at a time', async () => {
    const { clock, pings, hasHung } = arrange();
    await clock.advance(3_000);
    expect([pings.length, await hasHung()]).toEqual([1, false]);
    await clock.advance(1_000);
    expect([pings.length, await hasHung()]).toEqual([1, true]);
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('is asked on as long as it answers, however late', async () => {
    const { clock, pings, watch, hasHung } = arrange();
    for (let round = 0; round < 10; round += 1) {
      await clock.advance(2_500);
      pings.at(-1)?.resolve();
      await settle();
    }
    expect(await hasHung()).toBe(false);
    expect(pings.length).toBeGreaterThan(8);
    watch.cancel();
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('is not blamed for time in which nobody could look', async () => {
    let sleptMs = 0;
    const { clock, hasHung } = arrange(() => sleptMs);
    for (let nap = 0; nap < 5; nap += 1) {
      sleptMs += 60_000;
      await clock.advance(1_000);
    }
    expect(await hasHung()).toBe(false);
    await clock.advance(3_000);
    expect(await hasHung()).toBe(true);
  });
});
