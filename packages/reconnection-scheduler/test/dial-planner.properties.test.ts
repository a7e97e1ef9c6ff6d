import type { DeviceId, DialCause } from '@bowline/contracts';
import { seededRandom } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BURST } from '../src/dial-queue.ts';
import { dialPlanner } from '../src/index.ts';
import { resolveReconnectionSchedulerOptions } from '../src/options.ts';
import { deviceNumber, devicesUpTo, gone, peer } from './devices.ts';

const DEVICES = 6;
const options = resolveReconnectionSchedulerOptions({ maxConcurrentDials: 3 });

const device = fc.nat(DEVICES - 1).map(deviceNumber);
const cause = fc.constantFrom<DialCause>(
  'sighting',
  'networkChange',
  'wake',
  'user',
  'relayInfo',
  'linkLost',
  'backoff',
);
const step = fc.oneof(
  fc.record({ type: fc.constantFrom('track', 'untrack', 'linked'), device }),
  fc.record({ type: fc.constant('failed'), device, throughRelay: fc.boolean() }),
  fc.record({ type: fc.constant('unlinked'), device, expected: fc.boolean() }),
  fc.record({ type: fc.constant('nudge'), device, cause }),
  fc.record({ type: fc.constant('nudgeAll'), cause }),
  fc.record({ type: fc.constant('pass'), durationMs: fc.oneof(fc.nat(2_000), fc.nat(200_000)) }),
);
type Step = {
  type: string;
  device?: DeviceId;
  expected?: boolean;
  throughRelay?: boolean;
  cause?: DialCause;
  durationMs?: number;
};

/** Drives a planner as the actor does, and checks on the way what must hold at all times. */
const simulate = (seed: number) => {
  const planner = dialPlanner(options, seededRandom(seed));
  const tracked = new Set<DeviceId>();
  const linked = new Set<DeviceId>();
  const inFlight = new Map<DeviceId, number>();
  const started: { readonly deviceId: DeviceId; readonly atMs: number; readonly cause: DialCause }[] = [];
  let nowMs = 0;

  const drain = (): void => {
    for (const deviceId of planner.wake(nowMs)) {
      expect(nowMs - (inFlight.get(deviceId) ?? nowMs)).toBeGreaterThanOrEqual(options.dialExpiryMs);
      inFlight.delete(deviceId);
    }
    for (let due = planner.takeDue(nowMs); due !== undefined; due = planner.takeDue(nowMs)) {
      expect(tracked.has(due.deviceId)).toBe(true);
      expect(linked.has(due.deviceId)).toBe(false);
      expect(inFlight.has(due.deviceId)).toBe(false);
      inFlight.set(due.deviceId, nowMs);
      started.push({ deviceId: due.deviceId, atMs: nowMs, cause: due.cause });
    }
    expect(inFlight.size).toBeLessThanOrEqual(options.maxConcurrentDials);
    const status = planner.status();
    expect(new Set(status.map(({ deviceId }) => deviceId))).toEqual(tracked);
    for (const { deviceId, state, nextDialAtMs } of status) {
      expect(state === 'linked').toBe(linked.has(deviceId));
      expect(state === 'dialling').toBe(inFlight.has(deviceId));
      expect(nextDialAtMs !== null).toBe(state === 'waiting');
      if (nextDialAtMs !== null) expect(nextDialAtMs).toBeGreaterThan(nowMs);
    }
    const nextMs = planner.nextAtMs(nowMs);
    if (nextMs !== null) expect(nextMs).toBeGreaterThan(nowMs);
    // Whatever is not linked has a next moment: nobody is ever given up.
    if (tracked.size > linked.size) expect(nextMs).not.toBeNull();
  };

  const pass = (durationMs: number): void => {
    const untilMs = nowMs + durationMs;
    for (let next = planner.nextAtMs(nowMs); next !== null && next <= untilMs; next = planner.nextAtMs(nowMs)) {
      nowMs = next;
      drain();
    }
    nowMs = untilMs;
  };

  const apply = ({
    type,
    device: deviceId = deviceNumber(0),
    expected = false,
    throughRelay = true,
    cause: why = 'user',
    durationMs = 0,
  }: Step): void => {
    if (type === 'track') {
      tracked.add(deviceId);
      linked.delete(deviceId);
      planner.setPeers(peer(deviceId), nowMs);
    } else if (type === 'untrack') {
      for (const set of [tracked, linked, inFlight]) set.delete(deviceId);
      planner.setPeers(gone(deviceId), nowMs);
    } else if (type === 'linked') {
      tracked.add(deviceId);
      linked.add(deviceId);
      inFlight.delete(deviceId);
      planner.setPeers(peer(deviceId, 'up'), nowMs);
    } else if (type === 'unlinked') {
      tracked.add(deviceId);
      linked.delete(deviceId);
      planner.setPeers(peer(deviceId, expected ? 'away' : 'down'), nowMs);
    } else if (type === 'failed') {
      inFlight.delete(deviceId);
      planner.failed(deviceId, throughRelay, nowMs);
    } else if (type === 'nudge') planner.nudge(deviceId, why, nowMs);
    else if (type === 'nudgeAll') planner.nudgeAll(why, nowMs);
    else pass(durationMs);
    drain();
  };

  return { apply, started, tracked, linked, inFlight, now: () => nowMs };
};

describe('whatever happens', () => {
  it('no device is dialled twice at once, linked ones never, slots are kept, and everyone has a next time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), (steps, seed) => {
        const { apply } = simulate(seed);
        for (const each of steps) apply(each);
      }),
      { numRuns: 400 },
    );
  });

  it('every device that is not linked is dialled again, however it got there', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, seed) => {
        const simulation = simulate(seed);
        for (const each of steps) simulation.apply(each);
        const sinceMs = simulation.now();
        const rest = devicesUpTo(DEVICES).filter((id) => simulation.tracked.has(id) && !simulation.linked.has(id));
        // Nobody reports an outcome any more: dials expire, the longest wait passes, the queue moves.
        simulation.apply({ type: 'pass', durationMs: options.goodbyeDelayMs + 5 * options.dialExpiryMs });
        const again = simulation.started.filter(({ atMs }) => atMs >= sinceMs).map(({ deviceId }) => deviceId);
        expect(again).toEqual(expect.arrayContaining(rest));
      }),
      { numRuns: 200 },
    );
  });

  it('one device is dialled at most fifteen times in ten seconds, also when every dial fails at once and signs of life never end', () => {
    const signs = fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('nudge'), device, cause: fc.constantFrom<DialCause>('sighting', 'relayInfo') }),
        fc.record({ type: fc.constant('pass'), durationMs: fc.nat(1_000) }),
      ),
      { minLength: 50, maxLength: 300 },
    );
    fc.assert(
      fc.property(signs, fc.nat(), (steps, seed) => {
        const simulation = simulate(seed);
        for (const deviceId of devicesUpTo(DEVICES)) simulation.apply({ type: 'track', device: deviceId });
        for (const each of steps) {
          simulation.apply(each);
          for (const deviceId of [...simulation.inFlight.keys()])
            simulation.apply({ type: 'failed', device: deviceId });
        }
        for (const deviceId of devicesUpTo(DEVICES)) {
          const times = simulation.started.filter((dial) => dial.deviceId === deviceId).map(({ atMs }) => atMs);
          // With jitter at its shortest six dials follow a reset within 10 s; three resets may come at once, and a fourth lie in the window.
          for (const [index, atMs] of times.entries()) {
            const fifteenthLaterMs = times[index + 15];
            if (fifteenthLaterMs !== undefined) expect(fifteenthLaterMs - atMs).toBeGreaterThanOrEqual(10_000);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('a day with 10,000 devices offline', () => {
  it.each([
    ['every dial fails at once', 5],
    ['every dial takes ten seconds', 10_000],
  ])(
    'is simulated in seconds, and nobody is left out, when %s',
    (_what, dialMs) => {
      const limits = resolveReconnectionSchedulerOptions();
      const planner = dialPlanner(limits, seededRandom(3));
      const count = 10_000;
      for (const deviceId of devicesUpTo(count)) planner.setPeers(peer(deviceId), 0);
      const dials = new Map<DeviceId, number>();
      const perMinute = new Uint32Array(24 * 60);
      const outcomes: { readonly deviceId: DeviceId; readonly atMs: number }[] = [];
      let nowMs = 0;
      let mostInFlight = 0;
      while (nowMs < 86_400_000) {
        planner.wake(nowMs);
        for (let due = planner.takeDue(nowMs); due !== undefined; due = planner.takeDue(nowMs)) {
          dials.set(due.deviceId, (dials.get(due.deviceId) ?? 0) + 1);
          const minute = Math.floor(nowMs / 60_000);
          perMinute[minute] = (perMinute[minute] ?? 0) + 1;
          outcomes.push({ deviceId: due.deviceId, atMs: nowMs + dialMs });
        }
        mostInFlight = Math.max(mostInFlight, outcomes.length);
        nowMs = Math.min(
          outcomes[0]?.atMs ?? Number.POSITIVE_INFINITY,
          planner.nextAtMs(nowMs) ?? Number.POSITIVE_INFINITY,
        );
        // All dials take the same time, so the oldest ends first.
        while ((outcomes[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
          const ended = outcomes.shift();
          if (ended !== undefined) planner.failed(ended.deviceId, true, nowMs);
        }
      }
      const counts = [...dials.values()];
      expect(counts).toHaveLength(count);
      expect(mostInFlight).toBeLessThanOrEqual(limits.maxConcurrentDials);
      expect(Math.max(...perMinute)).toBeLessThanOrEqual(limits.maxDialsPerMinute + BURST);
      // Fair: within the spread the first seconds leave.
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(12);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    },
    30_000,
  );
});
