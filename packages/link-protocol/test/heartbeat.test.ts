import { type FakeClock, fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { heartbeat } from '../src/heartbeat.ts';
import { TIMES } from './heartbeat-times.ts';

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
    times: TIMES,
    hasDialled: true,
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

/** Both ends of one link: what one sends the other has after half of `rttMs`. */
const linked = (clock: FakeClock, rttMs: number) => {
  const pings: { readonly side: 'dialling' | 'accepting'; readonly atMs: number }[] = [];
  const state = { isCut: false as boolean, dead: [] as number[] };
  const send = (arrive: () => void): void => {
    if (!state.isCut) clock.setTimer(rttMs / 2, arrive);
  };
  const beatOf = (side: 'dialling' | 'accepting', other: () => ReturnType<typeof heartbeat>) => {
    const beat: ReturnType<typeof heartbeat> = heartbeat({
      clock,
      times: TIMES,
      hasDialled: side === 'dialling',
      initialRttMs: rttMs,
      hasUnacknowledged: () => false,
      onDead: () => state.dead.push(clock.monotonicMs()),
      sendPing: () => {
        pings.push({ side, atMs: clock.monotonicMs() });
        send(() => {
          other().heard();
          other().asked();
          send(() => {
            beat.heard();
            beat.measured(rttMs);
          });
        });
      },
    });
    return beat;
  };
  const dialling = beatOf('dialling', () => accepting);
  const accepting: ReturnType<typeof heartbeat> = beatOf('accepting', () => dialling);
  return { pings, state };
};

/** A process held up: monotonic time goes on, and timers fire late. */
const holdUp = async (clock: FakeClock, durationMs: number): Promise<void> => {
  const { monotonicMs } = clock;
  clock.monotonicMs = () => monotonicMs() + durationMs;
  await clock.advance(0);
};

describe('heartbeat', () => {
  it('pings at once, then on and on while nothing happens but answers', async () => {
    const { clock, state } = await beating();
    await clock.advance(60_000);
    // 1,350 ms after each answer, which takes 10.
    expect(state.pings).toEqual(Array.from({ length: 45 }, (_, count) => count * 1_360));
    expect(state.deadAtMs).toBeNull();
  });

  it.each([0, 2, 40, 400])(
    'is sent by the two sides in turns, once in an interval for both: round trip %i ms',
    async (rttMs) => {
      const clock = fakeClock();
      const { pings, state } = linked(clock, rttMs);
      await clock.advance(60_000);
      const later = pings.filter(({ atMs }) => atMs > 3_000);
      expect(later.length).toBeLessThanOrEqual(60_000 / 1_250);
      expect(later.length).toBeGreaterThan(54_000 / (1_350 + rttMs));
      // Each asks as often as the other, and so measures.
      const dialling = later.filter(({ side }) => side === 'dialling').length;
      expect(Math.abs(2 * dialling - later.length)).toBeLessThanOrEqual(1);
      expect(state.dead).toEqual([]);
    },
  );

  it.each([0, 400, 800, 1_200, 1_249])(
    'is missed by both sides of an idle link within 3 s, cut %i ms after a ping',
    async (afterMs) => {
      const clock = fakeClock();
      const { pings, state } = linked(clock, 20);
      await clock.advance(10_000);
      const before = pings.length;
      while (pings.length === before) await clock.advance(1);
      await clock.advance(afterMs);
      state.isCut = true;
      const cutAtMs = clock.monotonicMs();
      await clock.advance(3_000);
      expect(state.dead).toHaveLength(2);
      for (const atMs of state.dead) expect(atMs - cutAtMs).toBeLessThan(3_000);
    },
  );

  it('pings every 500 ms for 10 s after use, and goes back to slow', async () => {
    const { clock, state, beat } = await beating();
    beat.used();
    await clock.advance(20_000);
    expect(state.pings.filter((at) => at <= 10_100)).toHaveLength(21);
    expect(state.pings.at(-1)).toBeLessThanOrEqual(20_000);
    expect(state.pings.length).toBeLessThan(30);
  });

  it('stays fast while acknowledgements are missing', async () => {
    const { clock, state, beat } = await beating();
    beat.used();
    state.unacknowledged = true;
    await clock.advance(60_000);
    expect(state.pings.length).toBeGreaterThan(118);
  });

  it('finds a link in use dead within 1.2 s, and an idle one within 3 s', async () => {
    const busy = await beating();
    busy.beat.used();
    await busy.clock.advance(3_010);
    busy.state.answers = false;
    await busy.clock.advance(10_000);
    expect((busy.state.deadAtMs ?? Number.NaN) - 3_110).toBeLessThanOrEqual(1_200);

    const idle = await beating();
    idle.state.answers = false;
    await idle.clock.advance(10_000);
    expect(idle.state.deadAtMs).toBe(1_360 + 1_200);
    await idle.clock.advance(10_000);
    expect(idle.state.pings).toEqual([0, 1_360]);
    expect(idle.clock.pendingTimerCount).toBe(0);
  });

  it('is quick to notice death when an idle link is used again', async () => {
    const { clock, state, beat } = await beating();
    await clock.advance(3_000);
    state.answers = false;
    beat.used();
    await clock.advance(10_000);
    expect(state.deadAtMs).toBe(3_100 + 1_200);
  });

  it('is not found dead when it is used again just before it is asked, long after it was used', async () => {
    const { clock, state, beat } = await beating();
    beat.used();
    await clock.advance(30_000);
    await clock.advance((state.pings.at(-1) ?? 0) + 4_990 - clock.monotonicMs());
    state.unacknowledged = true;
    beat.used();
    await clock.advance(5_000);
    expect(state.deadAtMs).toBeNull();
    state.answers = false;
    await clock.advance(2_010);
    expect(state.deadAtMs).not.toBeNull();
  });

  it('wakes up once for each ping that is answered', async () => {
    const { clock, state } = await beating();
    const setTimer = clock.setTimer.bind(clock);
    let fired = 0;
    clock.setTimer = (delayMs, callback, options) =>
      setTimer(
        delayMs,
        () => {
          fired += 1;
          callback();
        },
        options,
      );
    const before = state.pings.length;
    await clock.advance(60_000);
    // One for the ping, and one that is the other side's answer.
    expect(fired).toBeLessThanOrEqual(2 * (state.pings.length - before) + 1);
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
    await clock.advance(1_199);
    expect(state.deadAtMs).toBeNull();
    await clock.advance(1);
    expect(state.deadAtMs).toBe(2_200 + 1_200);
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

  it('finds a link dead soon that the network has changed under, also when it was heard once more', async () => {
    const { clock, state, beat } = await beating();
    await clock.advance(1_000);
    beat.proveAfterChange();
    await clock.advance(310);
    expect(state.pings).toEqual([0, 1_100, 1_300]);
    state.answers = false;
    await clock.advance(1_000);
    expect(state.deadAtMs).toBe(1_500 + 400);
  });

  it('goes back to slow once the network has settled', async () => {
    const { clock, state, beat } = await beating();
    await clock.advance(1_000);
    beat.proveAfterChange();
    await clock.advance(60_000);
    expect(state.deadAtMs).toBeNull();
    expect(state.pings.filter((atMs) => atMs > 1_000 && atMs <= 3_100)).toHaveLength(10);
    expect(state.pings.filter((atMs) => atMs > 3_100)).toHaveLength(42);
  });

  it('asks a silent link when somebody looks, once until it answers, and finds it dead in time', async () => {
    const { clock, state, beat } = await beating();
    await clock.advance(1_100);
    beat.askIfSilent(2_000);
    expect(state.pings).toHaveLength(1);
    beat.askIfSilent(1_000);
    expect(state.pings).toEqual([0, 1_200]);
    await clock.advance(1_100);
    state.answers = false;
    beat.askIfSilent(1_000);
    await clock.advance(600);
    beat.askIfSilent(1_000);
    expect(state.pings).toEqual([0, 1_200, 2_300]);
    await clock.advance(600);
    expect(state.deadAtMs).toBe(2_300 + 1_200);
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
