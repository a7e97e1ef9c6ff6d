import type { DialCause } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { dialPlanner } from '../src/index.ts';
import { resolveReconnectionSchedulerOptions } from '../src/options.ts';
import { deviceNumber, gone, peer } from './devices.ts';

const device = deviceNumber(0);

/** A planner with one device and without chance: delays are exactly their step. */
const planOne = (ratio = 0) => {
  const planner = dialPlanner(resolveReconnectionSchedulerOptions(), { ratio: () => ratio });
  planner.setPeers(peer(device), 0);
  const stateOf = () => planner.status()[0];
  /** Wakes at `nowMs` and answers the cause of the dial that starts, if one does. */
  const causeAt = (nowMs: number): DialCause | undefined => {
    planner.wake(nowMs);
    return planner.takeDue(nowMs)?.cause;
  };
  return { planner, stateOf, causeAt };
};

describe('a device that cannot be reached', () => {
  it('is dialled at once, then after growing waits, without end', () => {
    const { planner, causeAt } = planOne();
    expect(causeAt(0)).toBe('start');
    let nowMs = 0;
    const waits: number[] = [];
    for (let dial = 0; dial < 100; dial += 1) {
      nowMs += 10_000;
      planner.failed(device, true, nowMs);
      const nextMs = planner.nextAtMs(nowMs) ?? Number.NaN;
      waits.push(nextMs - nowMs);
      expect(causeAt(nextMs - 1)).toBeUndefined();
      expect(causeAt(nextMs)).toBe('backoff');
      nowMs = nextMs;
    }
    expect(waits.slice(0, 9)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(waits.at(-1)).toBe(60_000);
  });

  it('shows what it waits for', () => {
    const { planner, stateOf, causeAt } = planOne();
    const base = { deviceId: device, failureCount: 0, nextDialAtMs: null };
    expect(stateOf()).toEqual({ ...base, state: 'queued' });
    causeAt(0);
    expect(stateOf()).toEqual({ ...base, state: 'dialling' });
    planner.failed(device, true, 100);
    expect(stateOf()).toEqual({ ...base, state: 'waiting', failureCount: 1, nextDialAtMs: 600 });
    planner.setPeers(peer(device, 'up'), 200);
    expect(stateOf()).toEqual({ ...base, state: 'linked' });
    expect(planner.nextAtMs(200)).toBeNull();
  });

  it('has an outcome after 90 s even when nobody reports one', () => {
    const { planner, stateOf, causeAt } = planOne();
    causeAt(0);
    expect(planner.wake(89_999)).toEqual([]);
    expect(planner.wake(90_000)).toEqual([device]);
    expect(stateOf()).toMatchObject({ state: 'waiting', failureCount: 1 });
    planner.failed(device, true, 90_100);
    expect(stateOf()).toMatchObject({ failureCount: 1 });
  });
});

describe('a sign of life', () => {
  /** Failed often enough to wait for a minute; the last failure at `nowMs`. */
  const exhausted = () => {
    const plan = planOne();
    let nowMs = 0;
    for (let failure = 0; failure < 9; failure += 1) {
      nowMs = plan.planner.nextAtMs(nowMs) ?? nowMs;
      plan.causeAt(nowMs);
      plan.planner.failed(device, true, nowMs);
    }
    expect(plan.stateOf()).toMatchObject({ failureCount: 9, nextDialAtMs: nowMs + 60_000 });
    return { ...plan, nowMs };
  };

  it.each<DialCause>(['sighting', 'networkChange', 'wake', 'user', 'relayInfo'])(
    '(%s) dials now and starts the backoff over',
    (cause) => {
      const { planner, causeAt, stateOf, nowMs } = exhausted();
      planner.nudge(device, cause, nowMs + 5);
      expect(causeAt(nowMs + 5)).toBe(cause);
      planner.failed(device, true, nowMs + 6);
      expect(stateOf()).toMatchObject({ failureCount: 1, nextDialAtMs: nowMs + 506 });
    },
  );

  it('resets the backoff three times at once and then every 10 s, and the last of a storm is not lost', () => {
    const { planner, causeAt, nowMs } = exhausted();
    const dials: number[] = [];
    for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 50) {
      planner.nudge(device, 'sighting', nowMs + elapsedMs);
      if (causeAt(nowMs + elapsedMs) === undefined) continue;
      dials.push(elapsedMs);
      planner.failed(device, true, nowMs + elapsedMs);
    }
    // Three at once; then, in each 10 s, after 0.5, 1, 2 and 4 s and with the next reset.
    expect(dials.slice(0, 8)).toEqual([0, 50, 100, 600, 1_600, 3_600, 7_600, 10_000]);
    expect(dials).toHaveLength(32);
  });

  it('is answered at once soon after a link, and again when the first came too early', () => {
    const { planner, causeAt } = planOne();
    planner.setPeers(peer(device, 'up'), 0);
    planner.setPeers(peer(device, 'away'), 1_000);
    planner.nudge(device, 'networkChange', 2_000);
    expect(causeAt(2_000)).toBe('networkChange');
    planner.failed(device, true, 2_100);
    planner.nudge(device, 'sighting', 2_200);
    expect(causeAt(2_200)).toBe('sighting');
  });

  it('from a person is answered at once, every time', () => {
    const { planner, causeAt, nowMs } = exhausted();
    for (let elapsedMs = 0; elapsedMs < 1_000; elapsedMs += 100) {
      planner.nudge(device, 'user', nowMs + elapsedMs);
      expect(causeAt(nowMs + elapsedMs)).toBe('user');
      planner.failed(device, true, nowMs + elapsedMs);
    }
  });

  it('during a dial leads to another one as soon as that has failed', () => {
    const { planner, causeAt, nowMs } = exhausted();
    causeAt(nowMs + 60_000);
    planner.nudge(device, 'sighting', nowMs + 61_000);
    planner.nudge(device, 'networkChange', nowMs + 61_500);
    expect(causeAt(nowMs + 61_500)).toBeUndefined();
    planner.failed(device, true, nowMs + 70_000);
    expect(causeAt(nowMs + 70_000)).toBe('networkChange');
  });

  it('of one device is not weakened by one that concerns all', () => {
    const { planner, causeAt, nowMs } = exhausted();
    causeAt(nowMs + 60_000);
    planner.nudge(device, 'sighting', nowMs + 61_000);
    planner.nudgeAll('networkChange', nowMs + 61_500);
    planner.failed(device, true, nowMs + 70_000);
    expect(causeAt(nowMs + 70_000)).toBe('sighting');
  });

  it('is forgotten when the device is linked', () => {
    const { planner, causeAt, nowMs } = exhausted();
    causeAt(nowMs + 60_000);
    planner.nudge(device, 'user', nowMs + 61_000);
    planner.setPeers(peer(device, 'up'), nowMs + 61_001);
    expect(causeAt(nowMs + 200_000)).toBeUndefined();
    planner.nudge(device, 'user', nowMs + 200_001);
    planner.nudgeAll('user', nowMs + 200_001);
    expect(causeAt(nowMs + 300_000)).toBeUndefined();
  });

  it('lets a queued device overtake those that gave none', () => {
    const planner = dialPlanner(resolveReconnectionSchedulerOptions({ maxConcurrentDials: 1 }), { ratio: () => 0 });
    for (let index = 0; index < 100; index += 1) planner.setPeers(peer(deviceNumber(index)), 0);
    planner.nudge(deviceNumber(70), 'sighting', 1);
    expect(planner.takeDue(1)).toEqual({ deviceId: deviceNumber(70), cause: 'sighting', failureCount: 0 });
  });
});

describe('a link that ends', () => {
  it('unexpectedly is dialled within a tenth of a second', () => {
    const { planner, causeAt } = planOne(0.5);
    planner.setPeers(peer(device, 'up'), 0);
    planner.setPeers(peer(device, 'down'), 20_000);
    expect(planner.nextAtMs(20_000)).toBe(20_050);
    expect(causeAt(20_050)).toBe('linkLost');
  });

  it.each([
    ['is dialled every second and a half, for a quarter of an hour, where no relay tells that it is back', false],
    ['is dialled ever more seldom where a relay tells that it is back', true],
  ])('%s', (_what, throughRelay) => {
    const { planner, causeAt } = planOne(0);
    planner.setPeers(peer(device, 'up'), 0);
    planner.setPeers(peer(device, 'down'), 100_000);
    const waits: { readonly atMs: number; readonly waitMs: number }[] = [];
    let nowMs = planner.nextAtMs(100_000) ?? Number.NaN;
    while (nowMs < 1_500_000) {
      expect(causeAt(nowMs)).toBeDefined();
      planner.failed(device, throughRelay, nowMs + 3_500);
      const nextMs = planner.nextAtMs(nowMs + 3_500) ?? Number.NaN;
      waits.push({ atMs: nowMs - 100_000, waitMs: nextMs - nowMs - 3_500 });
      nowMs = nextMs;
    }
    const longestBefore = (untilMs: number) =>
      Math.max(...waits.filter(({ atMs }) => atMs < untilMs).map(({ waitMs }) => waitMs));
    expect(longestBefore(890_000)).toBe(throughRelay ? 60_000 : 1_000);
    expect(waits.at(-1)?.waitMs).toBe(60_000);
  });

  /** The waits of a device whose links live as long, each dialled as soon as it is due. */
  const waitsOfLinksThatLive = (livedMs: number, breaks: number): readonly number[] => {
    const { planner, causeAt } = planOne(1);
    let nowMs = 0;
    return Array.from({ length: breaks }, () => {
      planner.setPeers(peer(device, 'up'), nowMs);
      const brokenMs = nowMs + livedMs;
      planner.setPeers(peer(device, 'down'), brokenMs);
      nowMs = planner.nextAtMs(brokenMs) ?? Number.NaN;
      expect(causeAt(nowMs)).toBe('linkLost');
      return nowMs - brokenMs;
    });
  };

  it.each([5_000, 7_000, 10_000, 60_000])('after %i ms is dialled at once however often that happens', (livedMs) => {
    expect(Math.max(...waitsOfLinksThatLive(livedMs, 1_000))).toBeLessThanOrEqual(100);
  });

  it('as soon as it is up is dialled at once ten times, and then every ten seconds', () => {
    const waits = waitsOfLinksThatLive(0, 100);
    expect(Math.max(...waits.slice(0, 10))).toBeLessThanOrEqual(100);
    expect(waits.slice(20).every((waitMs) => waitMs >= 9_900 && waitMs <= 10_000)).toBe(true);
  });

  it('with a goodbye is dialled seldom, until a sign of life', () => {
    const { planner, causeAt, stateOf } = planOne();
    planner.setPeers(peer(device, 'up'), 0);
    planner.setPeers(peer(device, 'away'), 20_000);
    expect(stateOf()).toMatchObject({ state: 'waiting', nextDialAtMs: 320_000 });
    expect(causeAt(320_000)).toBe('backoff');
    planner.failed(device, true, 321_000);
    expect(stateOf()).toMatchObject({ nextDialAtMs: 621_000 });
    planner.nudge(device, 'sighting', 400_000);
    expect(causeAt(400_000)).toBe('sighting');
    planner.failed(device, true, 401_000);
    expect(stateOf()).toMatchObject({ nextDialAtMs: 401_500 });
  });

  it('is nobody else’s business: reports about devices in other states change nothing', () => {
    const { planner, stateOf } = planOne();
    planner.setPeers(peer(device, 'down'), 1);
    planner.failed(device, true, 1);
    expect(stateOf()).toMatchObject({ state: 'queued', failureCount: 0 });
    planner.failed(deviceNumber(9), true, 1);
    planner.nudge(deviceNumber(9), 'user', 1);
    planner.setPeers(gone(deviceNumber(9)), 0);
    expect(planner.status()).toHaveLength(1);
  });
});

describe('a device that is paired no more', () => {
  it('is forgotten, its slot is free, and its late outcome is ignored', () => {
    const planner = dialPlanner(resolveReconnectionSchedulerOptions({ maxConcurrentDials: 1 }), { ratio: () => 0 });
    planner.setPeers(peer(deviceNumber(0)), 0);
    planner.setPeers(peer(deviceNumber(1)), 0);
    expect(planner.takeDue(0)?.deviceId).toBe('d-0');
    expect(planner.takeDue(0)).toBeUndefined();
    planner.setPeers(gone(deviceNumber(0)), 0);
    expect(planner.takeDue(0)?.deviceId).toBe('d-1');
    planner.failed(deviceNumber(0), true, 1);
    expect(planner.status().map(({ deviceId }) => deviceId)).toEqual(['d-1']);
  });
});
