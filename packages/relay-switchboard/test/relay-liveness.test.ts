import { describe, expect, it } from 'vitest';
import { RelayLiveness } from '../src/relay-liveness.ts';

let pingCount = 0;
/** Names pings by their number. */
const newPing = (): number => {
  pingCount += 1;
  return pingCount;
};

/** Judges every 10 ms of a stretch of time; answers come after `rttMs`, or never. */
const run = (
  liveness: RelayLiveness,
  fromMs: number,
  durationMs: number,
  rttMs: number | null,
  isBusy = false,
): { readonly pings: number; readonly doubtAtMs: number | null; readonly deadAtMs: number | null } => {
  const due: { readonly ping: number; readonly atMs: number }[] = [];
  let [pings, doubtAtMs, deadAtMs]: [number, number | null, number | null] = [0, null, null];
  for (let nowMs = fromMs; nowMs < fromMs + durationMs; nowMs += 10) {
    while ((due[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      liveness.heard(nowMs);
      liveness.answered(due.shift()?.ping ?? -1, nowMs);
    }
    if (isBusy) liveness.sent(nowMs);
    const verdict = liveness.judge(nowMs);
    if (verdict.ping !== null) {
      pings += 1;
      if (rttMs !== null) due.push({ ping: verdict.ping, atMs: nowMs + rttMs });
    }
    if (verdict.isInDoubt) doubtAtMs ??= nowMs - fromMs;
    if (verdict.isDead) deadAtMs ??= nowMs - fromMs;
  }
  return { pings, doubtAtMs, deadAtMs };
};

describe('pings', () => {
  it('come quickly at first, so that a latency is known', () => {
    expect(run(new RelayLiveness(0, newPing), 0, 1_000, 10).pings).toBe(5);
  });

  it('come every half second in use and every five seconds otherwise', () => {
    const liveness = new RelayLiveness(0, newPing);
    run(liveness, 0, 2_000, 10);
    expect(run(liveness, 2_000, 10_000, 10, true).pings).toBe(20);
    run(liveness, 12_000, 10_000, 10);
    expect(run(liveness, 22_000, 20_000, 10).pings).toBe(4);
  });

  it('follow every datagram that is sent, and cost a path that is kept in reserve no more than one for each', () => {
    const liveness = new RelayLiveness(0, newPing);
    run(liveness, 0, 2_000, 10);
    // Until the pace of use would have ended.
    run(liveness, 2_000, 4_000, 10);
    expect(liveness.sent(6_000)).toBe(true);
    expect(liveness.sent(6_010)).toBe(false);
    expect(run(liveness, 6_010, 4_900, 10).pings).toBe(1);
    expect(liveness.sent(10_910)).toBe(true);
    const late = run(liveness, 10_910, 1_010, null);
    // At once, and every half second while it owes an answer.
    expect(late.pings).toBe(3);
    expect(late.doubtAtMs).toBe(1_000);
  });

  it('do not follow datagrams that came: those prove the relay themselves', () => {
    const liveness = new RelayLiveness(0, newPing);
    run(liveness, 0, 2_000, 10);
    run(liveness, 2_000, 10_000, 10);
    for (let nowMs = 12_000; nowMs < 16_000; nowMs += 100) {
      liveness.heard(nowMs);
      liveness.received(nowMs);
      expect(liveness.isInUse(nowMs)).toBe(true);
    }
    const { pings } = run(liveness, 12_000, 4_000, 10);
    expect(pings).toBeLessThanOrEqual(1);
  });

  it('are answered with a round trip, each once', () => {
    const liveness = new RelayLiveness(0, newPing);
    const { ping } = liveness.judge(0);
    expect(liveness.answered(ping ?? -1, 42)).toBe(42);
    expect(liveness.answered(ping ?? -1, 43)).toBeNull();
    expect(liveness.answered(-999, 44)).toBeNull();
  });
});

describe('a silent relay', () => {
  it('is in doubt within a second in use, and dead after four', () => {
    const liveness = new RelayLiveness(0, newPing, () => 10);
    run(liveness, 0, 5_000, 10, true);
    const { deadAtMs, doubtAtMs } = run(liveness, 5_000, 6_000, null, true);
    expect(doubtAtMs).toBeLessThanOrEqual(900);
    expect(deadAtMs).toBeGreaterThanOrEqual(4_000);
    expect(deadAtMs).toBeLessThanOrEqual(4_500);
  });

  it('is given more time when it is usually slow', () => {
    const liveness = new RelayLiveness(0, newPing, () => 290);
    run(liveness, 0, 5_000, 290, true);
    expect(run(liveness, 5_000, 5_000, 600, true).doubtAtMs).toBeNull();
  });

  it('is trusted while any frame comes, but not without a single answer for ever', () => {
    const liveness = new RelayLiveness(0, newPing);
    let deadAtMs: number | null = null;
    for (let nowMs = 0; nowMs < 20_000; nowMs += 10) {
      liveness.heard(nowMs);
      const verdict = liveness.judge(nowMs);
      expect(verdict.isInDoubt).toBe(false);
      if (verdict.isDead) deadAtMs ??= nowMs;
    }
    expect(deadAtMs).toBe(10_000);
  });

  it('is judged more strictly after a change of the network', () => {
    const liveness = new RelayLiveness(0, newPing, () => 10);
    run(liveness, 0, 10_000, 10);
    liveness.suspect();
    expect(run(liveness, 10_000, 5_000, null).deadAtMs).toBe(1_500);
  });

  it('is not blamed for a standstill of this process', () => {
    const liveness = new RelayLiveness(0, newPing, () => 10);
    run(liveness, 0, 5_000, 10, true);
    const verdict = liveness.judge(65_000);
    expect(verdict).toMatchObject({ isDead: false, isInDoubt: false });
    expect(verdict.ping).not.toBeNull();
  });
});
