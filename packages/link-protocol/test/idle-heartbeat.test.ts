import type { IdleHeartbeat } from '@bowline/contracts';
import { type FakeClock, fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { readHeartbeat } from '../src/heartbeat-frame.ts';
import { idleHeartbeat, type RunningIdleHeartbeat } from '../src/idle-heartbeat.ts';
import { encodeLinkFrame } from '../src/index.ts';

const TOLD: IdleHeartbeat = {
  hasDialled: true,
  isOwnTurn: true,
  rttMs: 10,
  intervalMs: 1_250,
  silenceMs: 1_400,
  maxSilenceMs: 6_000,
  forMs: 600_000,
};

const ping = (nonce: number): Uint8Array => encodeLinkFrame({ kind: 'ping', nonce });

/** One of them alone, and what it says. */
const alone = (changes: Partial<IdleHeartbeat> = {}) => {
  const clock = fakeClock();
  const sent: string[] = [];
  const state = { unanswered: [] as number[], roundTrips: [] as number[] };
  const running = idleHeartbeat({
    clock,
    heartbeat: { ...TOLD, ...changes },
    send: (frame) => {
      const read = readHeartbeat(frame);
      sent.push(`${read?.kind} ${read?.nonce}`);
    },
    onUnanswered: () => state.unanswered.push(clock.monotonicMs()),
    onRoundTrip: (rttMs) => state.roundTrips.push(rttMs),
  });
  return { clock, sent, state, running };
};

/** Both sides of a connection that takes `rttMs()` there and back. */
const together = (clock: FakeClock, rttMs: () => number) => {
  const pings = { near: 0, far: 0 };
  const roundTrips: number[] = [];
  const state = { isCut: false as boolean, untaken: 0, unansweredAtMs: [] as number[] };
  const side = (name: 'near' | 'far', other: () => RunningIdleHeartbeat): RunningIdleHeartbeat =>
    idleHeartbeat({
      clock,
      heartbeat: { ...TOLD, hasDialled: name === 'near', isOwnTurn: name === 'near' },
      send: (frame) => {
        if (readHeartbeat(frame)?.kind === 'ping') pings[name] += 1;
        if (state.isCut) return;
        clock.setTimer(rttMs() / 2, () => {
          if (!other().take(frame)) state.untaken += 1;
        });
      },
      onUnanswered: () => state.unansweredAtMs.push(clock.monotonicMs()),
      onRoundTrip: (told) => roundTrips.push(told),
    });
  const near: RunningIdleHeartbeat = side('near', () => far);
  const far: RunningIdleHeartbeat = side('far', () => near);
  return { pings, roundTrips, state, near, far };
};

describe('an idle heartbeat', () => {
  it('asks in turns with the other side, and takes every frame of it', async () => {
    const clock = fakeClock();
    const { pings, state, roundTrips } = together(clock, () => 10);
    await clock.advance(60_000);
    expect(pings.near + pings.far).toBeGreaterThanOrEqual(46);
    expect(pings.near + pings.far).toBeLessThanOrEqual(48);
    expect(Math.abs(pings.near - pings.far)).toBeLessThanOrEqual(1);
    expect(state).toEqual({ isCut: false as boolean, untaken: 0, unansweredAtMs: [] });
    expect(roundTrips).toEqual([]);
  });

  it('of either side finds a path dead within three seconds, and says so once', async () => {
    const clock = fakeClock();
    const { state } = together(clock, () => 10);
    await clock.advance(30_100);
    state.isCut = true;
    await clock.advance(3_000);
    expect(state.unansweredAtMs).toHaveLength(2);
    await clock.advance(60_000);
    expect(state.unansweredAtMs).toHaveLength(2);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('tells a round trip that has become another, and none that trembles', async () => {
    const clock = fakeClock();
    let rttMs = 10;
    const { roundTrips } = together(clock, () => rttMs);
    for (let second = 0; second < 60; second += 1) {
      rttMs = second % 2 === 0 ? 9 : 11;
      await clock.advance(1_000);
    }
    expect(roundTrips).toEqual([]);
    rttMs = 100;
    await clock.advance(60_000);
    expect(roundTrips.length).toBeGreaterThan(0);
    expect(roundTrips.at(-1)).toBeGreaterThan(60);
  });

  it('leaves a question to the owner of the link that is meant for it, and every other frame', () => {
    const { sent, running } = alone();
    expect(running.take(ping(24))).toBe(false);
    expect(running.take(ping(2 ** 32 - 1))).toBe(false);
    expect(running.take(encodeLinkFrame({ kind: 'pong', nonce: 3 }))).toBe(false);
    expect(running.take(encodeLinkFrame({ kind: 'goodbye' }))).toBe(false);
    expect(running.take(Uint8Array.of(0xff))).toBe(false);
    expect(sent).toEqual([]);
    expect(running.take(ping(23))).toBe(true);
    expect(sent).toEqual(['pong 23']);
  });

  it('answers no flood of questions', () => {
    const { sent, running } = alone();
    const taken = Array.from({ length: 1_000 }, () => running.take(ping(1))).filter(Boolean);
    expect(taken).toHaveLength(100);
    expect(sent).toHaveLength(100);
  });

  it('hears the other side in every frame, and asks only after silence', async () => {
    const { clock, sent, running } = alone();
    for (let step = 0; step < 10; step += 1) {
      await clock.advance(1_000);
      running.take(encodeLinkFrame({ kind: 'askTcp' }));
    }
    expect(sent).toEqual([]);
    await clock.advance(1_250);
    expect(sent).toEqual(['ping 0']);
  });

  it('neither asks nor answers when its time is over', async () => {
    const { clock, sent, state, running } = alone({ forMs: 3_000 });
    await clock.advance(2_000);
    expect(running.take(ping(1))).toBe(true);
    await clock.advance(1_000);
    const before = sent.length;
    expect(running.take(ping(2))).toBe(false);
    await clock.advance(60_000);
    expect(sent.length).toBe(before);
    expect(state.unanswered).toEqual([]);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('goes on when it is told anew in time', async () => {
    const { clock, sent, state, running } = alone({ forMs: 3_000 });
    await clock.advance(2_000);
    running.take(ping(1));
    expect(running.goOn(3_000)).toBe(true);
    await clock.advance(1_500);
    expect(running.take(ping(2))).toBe(true);
    await clock.advance(1_500);
    expect([running.goOn(3_000), running.take(ping(3))]).toEqual([false, false]);
    expect(sent.filter((each) => each.startsWith('pong'))).toEqual(['pong 1', 'pong 2']);
    expect(state.unanswered).toEqual([]);
  });

  it('says nothing after it was stopped', async () => {
    const { clock, sent, state, running } = alone();
    running.stop();
    expect(running.take(ping(1))).toBe(false);
    await clock.advance(60_000);
    expect([sent, state.unanswered, clock.pendingTimerCount]).toEqual([[], [], 0]);
  });
});
