import { brandAs, type DeviceId, type TimelineRecord } from '@bowline/contracts';
import { fakeClock, memoryLogger, pendingNamed, seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { resolvePersistenceOptions } from '../src/options.ts';
import { openStore, type Store } from '../src/store.ts';
import { freshDataDir } from './data-dirs.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 1_800_000_000_000;

const open = (dataDir = freshDataDir()): Promise<Store> =>
  openStore(resolvePersistenceOptions({ dataDir, timelineMaxEntries: 100, timelineMaxAgeMs: HOUR_MS }), {
    clock: fakeClock(),
    random: seededRandom(),
    logger: memoryLogger(),
  });

const withDevice = async (dataDir?: string) => {
  const store = await open(dataDir);
  store.identity.open('laptop');
  const { id } = store.devices.addPending(pendingNamed('phone'));
  return { store, id };
};

const line = (deviceId: DeviceId | null, atMs: number, fields: Partial<TimelineRecord> = {}): TimelineRecord => ({
  deviceId,
  atMs,
  kind: 'network.changed',
  path: null,
  relay: null,
  cause: null,
  durationMs: null,
  ...fields,
});

describe('the timeline', () => {
  it('keeps what happened to a device and to this one, in order, across restarts', async () => {
    const dataDir = freshDataDir();
    const { store, id } = await withDevice(dataDir);
    const connected = line(id, NOW_MS, { kind: 'device.connected', path: 'relay', cause: 'why', durationMs: 5 });
    store.timeline.append({ records: [line(null, NOW_MS - 1, { kind: 'host.started' }), connected], atMs: NOW_MS });
    store.close();
    const again = await open(dataDir);
    const { deviceId: _id, ...entry } = connected;
    expect(again.timeline.read({ deviceId: id, sinceMs: 0 })).toEqual([
      expect.objectContaining({ kind: 'host.started' }),
      entry,
    ]);
    expect(again.timeline.lastRunAtMs()).toBe(NOW_MS);
    again.close();
  });

  it('answers with how things stood before the time asked for', async () => {
    const { store, id } = await withDevice();
    store.timeline.append({
      records: [
        line(id, NOW_MS - 900, { kind: 'device.disconnected' }),
        line(id, NOW_MS - 800, { kind: 'device.connected', path: 'direct' }),
        line(null, NOW_MS - 700),
        line(id, NOW_MS - 100, { kind: 'path.changed', path: 'relay' }),
      ],
      atMs: NOW_MS,
    });
    expect(store.timeline.read({ deviceId: id, sinceMs: NOW_MS - 500 }).map(({ kind }) => kind)).toEqual([
      'device.connected',
      'network.changed',
      'path.changed',
    ]);
    store.close();
  });

  it('is bounded for each device, and by age', async () => {
    const { store, id } = await withDevice();
    const other = store.devices.addPending(pendingNamed('nas')).id;
    store.timeline.append({ records: [line(other, NOW_MS), line(id, NOW_MS - 2 * HOUR_MS)], atMs: NOW_MS });
    expect(store.timeline.read({ deviceId: id, sinceMs: 0 })).toEqual([]);
    const many = Array.from({ length: 150 }, (_, index) => line(id, NOW_MS + index));
    store.timeline.append({ records: many, atMs: NOW_MS });
    const kept = store.timeline.read({ deviceId: id, sinceMs: 0 });
    expect(kept).toHaveLength(100);
    expect(kept[0]?.atMs).toBe(NOW_MS + 50);
    expect(store.timeline.read({ deviceId: other, sinceMs: 0 })).toHaveLength(1);
    store.close();
  });

  it('keeps beyond its age what says how a device stands, until something newer says so', async () => {
    const { store, id } = await withDevice();
    const at = (hoursAgo: number, kind: TimelineRecord['kind'], fields: Partial<TimelineRecord> = {}) =>
      line(id, NOW_MS - hoursAgo * HOUR_MS, { kind, ...fields });
    const kindsSince = (sinceMs: number) => store.timeline.read({ deviceId: id, sinceMs }).map(({ kind }) => kind);
    store.timeline.append({
      records: [
        at(9, 'device.paired'),
        at(8, 'device.connected', { path: 'direct' }),
        at(7, 'device.disconnected'),
        at(6, 'device.connected', { path: 'direct' }),
        at(5, 'path.changed', { path: 'direct' }),
        at(4, 'path.changed', { path: 'relay' }),
        at(3, 'route.changed'),
      ],
      atMs: NOW_MS,
    });
    expect(kindsSince(0)).toEqual(['device.connected', 'path.changed']);
    expect(kindsSince(NOW_MS - HOUR_MS)).toEqual(['device.connected', 'path.changed']);
    expect(store.timeline.read({ deviceId: id, sinceMs: NOW_MS }).at(-1)?.path).toBe('relay');
    store.timeline.append({ records: [at(0, 'device.disconnected')], atMs: NOW_MS + HOUR_MS });
    expect(kindsSince(0)).toEqual(['device.disconnected']);
    store.close();
  });

  it('answers with the pairing where nothing else says how a device stood', async () => {
    const { store, id } = await withDevice();
    const kindsSince = (sinceMs: number) => store.timeline.read({ deviceId: id, sinceMs }).map(({ kind }) => kind);
    store.timeline.append({ records: [line(id, NOW_MS - 900, { kind: 'device.paired' })], atMs: NOW_MS });
    expect(kindsSince(NOW_MS - 500)).toEqual(['device.paired']);
    const later = [
      line(id, NOW_MS - 800, { kind: 'device.connected' }),
      line(id, NOW_MS - 700, { kind: 'device.paired' }),
    ];
    store.timeline.append({ records: later, atMs: NOW_MS });
    expect(kindsSince(NOW_MS - 500)).toEqual(['device.connected', 'device.paired']);
    store.close();
  });

  it('goes with its device, of which nothing is taken any more', async () => {
    const { store, id } = await withDevice();
    store.timeline.append({ records: [line(id, NOW_MS)], atMs: NOW_MS });
    store.devices.remove(id);
    store.timeline.append({ records: [line(id, NOW_MS)], atMs: NOW_MS });
    expect(store.timeline.read({ deviceId: id, sinceMs: 0 })).toEqual([]);
    store.close();
  });

  it('takes no more than it can hold, and nothing it could not read back', async () => {
    const { store, id } = await withDevice();
    const append = (record: TimelineRecord) => () => store.timeline.append({ records: [record], atMs: NOW_MS });
    expect(append(line(id, NOW_MS, { cause: 'c'.repeat(201) }))).toThrow();
    expect(append(line(id, -1))).toThrow();
    expect(append(line(id, NOW_MS, { kind: 'device.flew' as never }))).toThrow();
    expect(append(line(brandAs('nobody'), NOW_MS))).toThrow();
    store.close();
  });
});

describe('what a device told of itself', () => {
  it('is kept with the time, in place of what it told before, and goes with the device', async () => {
    const { store, id } = await withDevice();
    store.deviceFacts.put({ deviceId: id, atMs: 1, facts: { nat: 'unknown' } });
    store.deviceFacts.put({ deviceId: id, atMs: 2, facts: { nat: 'symmetric' } });
    expect(store.deviceFacts.list()).toEqual([{ deviceId: id, atMs: 2, facts: { nat: 'symmetric' } }]);
    expect(() => store.deviceFacts.put({ deviceId: id, atMs: 3, facts: { long: 'x'.repeat(20_000) } })).toThrow();
    store.devices.remove(id);
    store.deviceFacts.put({ deviceId: id, atMs: 3, facts: {} });
    expect(store.deviceFacts.list()).toEqual([]);
    store.close();
  });
});
