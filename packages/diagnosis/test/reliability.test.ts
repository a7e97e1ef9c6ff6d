import type { TimelineEntry, TimelineKind } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reliabilityOf } from '../src/index.ts';

const entry = (atMs: number, kind: TimelineKind, fields: Partial<TimelineEntry> = {}): TimelineEntry => ({
  atMs,
  kind,
  path: null,
  relay: null,
  cause: null,
  durationMs: null,
  ...fields,
});

const started = (atMs: number, durationMs = 0) => entry(atMs, 'host.started', { durationMs });
const connected = (atMs: number, path: 'direct' | 'relay' = 'direct') => entry(atMs, 'device.connected', { path });
const paired = (atMs: number) => entry(atMs, 'device.paired');
const lost = (atMs: number, cause = 'notResponding') => entry(atMs, 'device.disconnected', { cause });

describe('reliability', () => {
  it('shares the time out among connected, direct and neither', () => {
    const entries = [started(0), paired(0), connected(100), entry(400, 'path.changed', { path: 'relay' }), lost(800)];
    expect(reliabilityOf(entries, { sinceMs: 0, nowMs: 1_000 })).toEqual({
      sinceMs: 0,
      observedMs: 1_000,
      connectedRatio: 0.7,
      directRatio: 300 / 700,
      outages: 1,
      returnP50Ms: null,
      returnP95Ms: null,
    });
  });

  it('measures the time to return of every outage', () => {
    const entries = [started(0), connected(0), ...[1, 2, 3, 4].flatMap((n) => [lost(n * 100), connected(n * 100 + n)])];
    const { outages, returnP50Ms, returnP95Ms } = reliabilityOf(entries, { sinceMs: 0, nowMs: 1_000 });
    expect({ outages, returnP50Ms, returnP95Ms }).toEqual({ outages: 4, returnP50Ms: 2, returnP95Ms: 4 });
  });

  it('calls a goodbye no outage, however long the device is away', () => {
    const entries = [started(0), connected(0), lost(100, 'goodbye'), connected(900)];
    const { outages, returnP50Ms, connectedRatio } = reliabilityOf(entries, { sinceMs: 0, nowMs: 1_000 });
    expect({ outages, returnP50Ms, connectedRatio }).toEqual({ outages: 0, returnP50Ms: null, connectedRatio: 0.2 });
  });

  it('does not count the time in which this device was off, in order or not', () => {
    const inOrder = [started(0), connected(0), entry(100, 'host.stopped'), started(900, 800), connected(900)];
    const killed = [started(0), connected(0), started(900, 800), connected(900)];
    for (const entries of [inOrder, killed]) {
      const { observedMs, connectedRatio } = reliabilityOf(entries, { sinceMs: 0, nowMs: 1_000 });
      expect({ observedMs, connectedRatio }).toEqual({ observedMs: 200, connectedRatio: 1 });
    }
  });

  it('takes from entries before the stretch how things stood at its beginning', () => {
    const entries = [started(0), connected(10, 'relay')];
    const { observedMs, connectedRatio, directRatio } = reliabilityOf(entries, { sinceMs: 500, nowMs: 1_000 });
    expect({ observedMs, connectedRatio, directRatio }).toEqual({ observedMs: 500, connectedRatio: 1, directRatio: 0 });
  });

  it('counts nothing before the device was paired, and everything after that', () => {
    const fresh = [started(0), paired(900), connected(900)];
    expect(reliabilityOf(fresh, { sinceMs: 0, nowMs: 1_000 })).toMatchObject({ observedMs: 100, connectedRatio: 1 });
    const never = [started(0), paired(600)];
    expect(reliabilityOf(never, { sinceMs: 0, nowMs: 1_000 })).toMatchObject({ observedMs: 400, connectedRatio: 0 });
  });

  it('counts nothing before the oldest line that is kept of the device, however far back those of this one go', () => {
    const entries = [started(0), entry(500, 'network.changed'), entry(800, 'path.changed', { path: 'relay' })];
    const { observedMs, connectedRatio } = reliabilityOf(entries, { sinceMs: 0, nowMs: 1_000 });
    expect({ observedMs, connectedRatio }).toEqual({ observedMs: 200, connectedRatio: 1 });
  });

  it('goes on where the clock was ahead for a while, or was set back', () => {
    const ahead = [started(0), paired(0), connected(100), lost(1_000_000), connected(300), lost(800)];
    expect(reliabilityOf(ahead, { sinceMs: 0, nowMs: 1_000 })).toMatchObject({
      observedMs: 1_000,
      connectedRatio: 0.7,
      outages: 2,
    });
    const back = [started(5_000), paired(5_000), connected(5_000), lost(400)];
    expect(reliabilityOf(back, { sinceMs: 0, nowMs: 1_000 })).toMatchObject({ observedMs: 600, connectedRatio: 0 });
  });

  it('says nothing of a device it knows nothing of', () => {
    expect(reliabilityOf([], { sinceMs: 0, nowMs: 1_000 })).toMatchObject({ observedMs: 0, connectedRatio: null });
  });

  it('never counts more than there is, whatever the entries say', () => {
    const kinds = fc.constantFrom<TimelineKind>(
      'host.started',
      'host.stopped',
      'device.connected',
      'device.disconnected',
      'path.changed',
      'network.changed',
    );
    const any = fc.record({
      atMs: fc.nat(2_000),
      kind: kinds,
      path: fc.constantFrom('direct' as const, 'relay' as const, null),
      relay: fc.constant(null),
      cause: fc.constantFrom(null, 'goodbye', 'connectionLost'),
      durationMs: fc.option(fc.nat(3_000)),
    });
    fc.assert(
      fc.property(fc.array(any), fc.nat(1_000), (entries, sinceMs) => {
        const sorted = entries.toSorted((one, other) => one.atMs - other.atMs);
        const { observedMs, connectedRatio, directRatio, returnP95Ms } = reliabilityOf(sorted, {
          sinceMs,
          nowMs: 1_500,
        });
        expect(observedMs).toBeGreaterThanOrEqual(0);
        expect(observedMs).toBeLessThanOrEqual(1_500 - sinceMs);
        for (const ratio of [connectedRatio, directRatio]) {
          if (ratio !== null) expect(ratio >= 0 && ratio <= 1).toBe(true);
        }
        if (returnP95Ms !== null) expect(returnP95Ms).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
