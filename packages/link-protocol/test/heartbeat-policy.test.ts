import { describe, expect, it } from 'vitest';
import { decideHeartbeat, type HeartbeatFacts, isInUse } from '../src/heartbeat-policy.ts';
import { TIMES } from './heartbeat-times.ts';

const facts = (fields: Partial<HeartbeatFacts> = {}): HeartbeatFacts => ({
  heardAtMs: 100_000,
  pingedAtMs: 100_000,
  isOwnTurn: true,
  hasDialled: true,
  awaitingSinceMs: null,
  changedAtMs: null,
  inUse: null,
  hasUnacknowledged: false,
  graceFromMs: 0,
  rttMs: 20,
  ...fields,
});
const inUse = { sinceMs: 90_000, lastMs: 100_000 };
const decide = (fields: Partial<HeartbeatFacts>, afterMs: number) =>
  decideHeartbeat(facts(fields), TIMES, 100_000 + afterMs);

describe('heartbeat policy', () => {
  it('pings an idle link 1.25 s after anything was heard, and leaves the other side its turn', () => {
    expect(decide({}, 1_249)).toEqual({ decision: 'wait', askAgainAtMs: 101_250 });
    expect(decide({}, 1_250)).toEqual({ decision: 'ping', askAgainAtMs: 102_450 });
    expect(decide({ heardAtMs: 101_000 }, 1_250)).toEqual({ decision: 'wait', askAgainAtMs: 102_250 });
    expect(decide({ isOwnTurn: false }, 1_349).decision).toBe('wait');
    expect(decide({ isOwnTurn: false }, 1_350).decision).toBe('ping');
    expect(decide({ isOwnTurn: false, hasDialled: false }, 1_449).decision).toBe('wait');
    expect(decide({ isOwnTurn: false, hasDialled: false }, 1_450).decision).toBe('ping');
  });

  it('pings at once where a ping is owed', () => {
    expect(decide({ pingedAtMs: null }, 0).decision).toBe('ping');
    expect(decide({ pingedAtMs: null, inUse }, 0).decision).toBe('ping');
  });

  it('calls an idle link dead 1.2 s after a ping with nothing heard', () => {
    const waiting = { pingedAtMs: 106_000, awaitingSinceMs: 105_000 };
    expect(decide(waiting, 6_199)).toEqual({ decision: 'wait', askAgainAtMs: 106_200 });
    expect(decide(waiting, 6_200)).toEqual({ decision: 'dead' });
  });

  it('never calls an idle link dead that nobody has asked', () => {
    expect(decide({ pingedAtMs: 199_000 }, 99_500).decision).toBe('wait');
  });

  it('pings a link in use every 500 ms and calls it dead after 1.2 s of silence', () => {
    expect(decide({ inUse }, 499)).toEqual({ decision: 'wait', askAgainAtMs: 100_500 });
    expect(decide({ inUse }, 500).decision).toBe('ping');
    const waiting = { inUse, pingedAtMs: 101_000, awaitingSinceMs: 100_500 };
    expect(decide(waiting, 1_199)).toEqual({ decision: 'wait', askAgainAtMs: 101_200 });
    expect(decide(waiting, 1_200)).toEqual({ decision: 'dead' });
  });

  it('counts silence from when the link came into use, not from the idle time before', () => {
    const fresh = { heardAtMs: 96_000, inUse: { sinceMs: 100_000, lastMs: 100_000 } };
    expect(decide(fresh, 1_199).decision).not.toBe('dead');
    expect(decide(fresh, 1_200).decision).toBe('dead');
  });

  it('takes a link for used until 10 s after the last use, longer while acknowledgements are missing', () => {
    expect(isInUse(facts({ inUse }), TIMES, 109_999)).toBe(true);
    expect(isInUse(facts({ inUse }), TIMES, 110_000)).toBe(false);
    expect(isInUse(facts({ inUse, hasUnacknowledged: true }), TIMES, 999_999)).toBe(true);
    expect(isInUse(facts(), TIMES, 100_000)).toBe(false);
  });

  it.each([
    ['nothing measured yet', null, 6_000],
    ['a fast line', 20, 1_200],
    ['a slow line', 900, 2_700],
    ['a very slow line', 9_000, 6_000],
  ])('bears silence as the round trip asks: %s', (_what, rttMs, silenceMs) => {
    const waiting = { rttMs, inUse, pingedAtMs: 100_000, awaitingSinceMs: 100_000 };
    expect(decide({ ...waiting, pingedAtMs: 100_000 + silenceMs - 1 }, silenceMs - 1).decision).not.toBe('dead');
    expect(decide(waiting, silenceMs).decision).toBe('dead');
  });

  it('takes silence before a jump of time for nothing', () => {
    const jumped = { inUse, awaitingSinceMs: 100_500, graceFromMs: 130_000 };
    expect(decide(jumped, 31_199).decision).not.toBe('dead');
    expect(decide(jumped, 31_200).decision).toBe('dead');
  });

  it.each([
    ['nothing measured yet', null, 6_000],
    ['a fast line', 20, 400],
    ['a slow line', 250, 750],
    ['a very slow line', 9_000, 6_000],
  ])('bears less silence once the network has changed: %s', (_what, rttMs, silenceMs) => {
    const changed = { rttMs, pingedAtMs: 100_000, awaitingSinceMs: 100_000, changedAtMs: 100_000 };
    expect(decide(changed, silenceMs - 1).decision).not.toBe('dead');
    expect(decide(changed, silenceMs).decision).toBe('dead');
    expect(decide({ ...changed, graceFromMs: 100_200 }, silenceMs).decision).not.toBe('dead');
  });

  it('counts that silence from the change, also where the link was silent before', () => {
    const changed = { changedAtMs: 100_000, pingedAtMs: 100_000, heardAtMs: 99_500, awaitingSinceMs: 99_600 };
    expect(decide({ ...changed, inUse }, 399).decision).not.toBe('dead');
    expect(decide({ ...changed, inUse }, 400).decision).toBe('dead');
  });

  it('asks five times a second for 2 s after a change of the network', () => {
    const changed = { changedAtMs: 100_000, pingedAtMs: 100_000 };
    expect(decide(changed, 199).decision).toBe('wait');
    expect(decide(changed, 200)).toEqual({ decision: 'ping', askAgainAtMs: 100_400 });
    expect(decide({ ...changed, heardAtMs: 101_810, pingedAtMs: 101_800 }, 1_999).decision).toBe('wait');
    expect(decide({ ...changed, heardAtMs: 101_810, pingedAtMs: 101_800 }, 2_001).decision).toBe('wait');
    expect(decide({ ...changed, heardAtMs: 101_810, pingedAtMs: 101_800 }, 3_059).decision).toBe('wait');
    expect(decide({ ...changed, heardAtMs: 101_810, pingedAtMs: 101_800 }, 3_060).decision).toBe('ping');
  });
});
