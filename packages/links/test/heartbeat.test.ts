import { type FakeClock, fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { heartbeat } from '../src/heartbeat.ts';
import { LINKS_DEFAULTS } from '../src/index.ts';

/** A heartbeat whose pings are answered, or not, after `rttMs`. */
const beating = async ({ rttMs = 10 } = {}) => {
  const clock = fakeClock();
  const state = {
    answers: true as boolean,
    pings: [] as number[],
    deadAtMs: null as number | null,
    unacknowledged: false,
  };
  const beat = heartbeat({
    clock,
    times: LINKS_DEFAULTS,
    initialRttMs: null,
    hasUnacknowledged: () => state.unacknowledged,
    onDead: () => {
      state.deadAtMs = clock.monotonicMs();
    },
    sendPing: () => {
      state.pings.push(clock.monotonicMs());
      if (!state.answers) return;
      clock.setTimer(rttMs, () => {
        beat.heard();
        beat.measured(rttMs);
      });
    },
  });
  await clock.advance(100);
  return { clock, state, beat };
};

/** A process held up: monotonic time goes on, and timers fire late. */
const holdUp = async (clock: FakeClock, durationMs: number): Promise<void> => {
  const { monotonicMs } = clock;
  clock.monotonicMs = () => monotonicMs() + durationMs;
  await clock.advance(0);
};

describe('heartbeat', () => {
  it('pings at once, then every 5 s while nothing happens, for ever', async () => {
    const { clock, state } = await beating();
    await clock.advance(60_000);
    expect(state.pings).toEqual(Array.from({ length: 13 }, (_, count) => count * 5_000));
    expect(state.deadAtMs).toBeNull();
  });

  it('pings every 500 ms for 10 s after use, and goes back to slow', async () => {
    const { clock, state, beat } = await beating();
    beat.used();
    await clock.advance(20_000);
    expect(state.pings.filter((at) => at <= 10_100)).toHaveLength(21);
    expect(state.pings.at(-1)).toBeLessThanOrEqual(20_000);
    expect(state.pings.length).toBeLessThan(25);
  });

  it('stays fast while acknowledgements are missing', async () => {
    const { clock, state, beat } = await beating();
    beat.used();
    state.unacknowledged = true;
    await clock.advance(60_000);
    expect(state.pings.length).toBeGreaterThan(118);
  });

  it('finds a link in use dead within 1.4 s, and an idle one within 6.4 s', async () => {
    const busy = await beating();
    busy.beat.used();
    await busy.clock.advance(3_010);
    busy.state.answers = false;
    await busy.clock.advance(10_000);
    expect((busy.state.deadAtMs ?? Number.NaN) - 3_110).toBeLessThanOrEqual(1_400);

    const idle = await beating();
    idle.state.answers = false;
    await idle.clock.advance(10_000);
    expect(idle.state.deadAtMs).toBe(6_400);
    await idle.clock.advance(10_000);
    expect(idle.state.pings).toHaveLength(2);
    expect(idle.clock.pendingTimerCount).toBe(0);
  });

  it('is quick to notice death when an idle link is used again', async () => {
    const { clock, state, beat } = await beating();
    await clock.advance(3_000);
    state.answers = false;
    beat.used();
    await clock.advance(10_000);
    expect(state.deadAtMs).toBe(3_100 + 1_400);
  });

  it('pings at once when time has jumped, and gives the answer its full time', async () => {
    const { clock, state, beat } = await beating();
    await clock.advance(2_000);
    const before = state.pings.length;
    beat.proveAlive();
    expect(state.pings.length).toBe(before + 1);
    await clock.advance(100);
    state.answers = false;
    beat.proveAlive();
    await clock.advance(1_399);
    expect(state.deadAtMs).toBeNull();
    await clock.advance(1);
    expect(state.deadAtMs).toBe(2_200 + 1_400);
  });

  it('does not call a link dead because the process was held up: a new ping has its full time', async () => {
    const { clock, state, beat } = await beating();
    beat.used();
    await clock.advance(1_000);
    state.answers = false;
    await holdUp(clock, 30_000);
    const before = state.pings.length;
    await clock.advance(1_000);
    expect(state.deadAtMs).toBeNull();
    expect(state.pings.length).toBeGreaterThan(before);
    await clock.advance(1_500);
    expect(state.deadAtMs).not.toBeNull();
  });

  it('looks twice when a timer is late, as frames may wait to be read', async () => {
    const { clock, state, beat } = await beating();
    beat.used();
    state.answers = false;
    await clock.advance(1_000);
    await holdUp(clock, 900);
    expect(state.deadAtMs).toBeNull();
    beat.heard();
    await clock.advance(1_000);
    expect(state.deadAtMs).toBeNull();
    await clock.advance(1_000);
    expect(state.deadAtMs).not.toBeNull();
  });

  it('smooths the round trip', async () => {
    const { beat } = await beating({ rttMs: 10 });
    expect(beat.rttMs).toBe(10);
    beat.measured(90);
    expect(beat.rttMs).toBe(20);
  });

  it('asks a silent link when somebody looks, once until it answers, and finds it dead in time', async () => {
    const { clock, state, beat } = await beating();
    await clock.advance(1_500);
    beat.askIfSilent(2_000);
    expect(state.pings).toHaveLength(1);
    beat.askIfSilent(1_000);
    expect(state.pings).toEqual([0, 1_600]);
    await clock.advance(1_500);
    state.answers = false;
    beat.askIfSilent(1_000);
    await clock.advance(700);
    beat.askIfSilent(1_000);
    expect(state.pings).toEqual([0, 1_600, 3_100]);
    await clock.advance(700);
    expect(state.deadAtMs).toBe(3_100 + 1_400);
  });

  it('does nothing after stop', async () => {
    const { clock, state, beat } = await beating();
    beat.stop();
    beat.askIfSilent(0);
    beat.used();
    beat.pinged();
    await clock.advance(60_000);
    expect(state.pings).toHaveLength(1);
    expect(clock.pendingTimerCount).toBe(0);
  });
});
