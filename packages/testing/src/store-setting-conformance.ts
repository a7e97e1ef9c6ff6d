import { describe, expect, it } from 'vitest';
import { deviceIdNamed } from './named-devices.ts';
import { type StoreImplementation, withPaired } from './store-arrangement.ts';

const NAS = deviceIdNamed('NAS');

/** What a store owes about the device itself, its settings, and what happened to it. */
export const settingConformance = (open: StoreImplementation['open']): void => {
  describe('the identity', () => {
    it('is the same each time, with an incarnation that only grows', async () => {
      const store = await open();
      const first = await store.client.request('openIdentity', { defaultName: 'Laptop' });
      await store.client.request('renameSelf', { name: 'Attic' });
      const again = await store.restart();
      const second = await again.client.request('openIdentity', { defaultName: 'Other' });
      expect(second).toEqual({ ...first, name: 'Attic', incarnation: first.incarnation + 1 });
      const raised = await again.client.request('raiseIncarnation', { above: 40 });
      expect(raised.incarnation).toBe(41);
      const third = await again.client.request('openIdentity', { defaultName: 'Other' });
      expect(third.incarnation).toBe(42);
    });
  });

  describe('settings', () => {
    it('are undefined until put, replaced by the next put, and there after a restart', async () => {
      const store = await open();
      const name = 'relays';
      expect(await store.client.request('getSetting', { name })).toEqual({ value: undefined });
      await store.client.request('putSetting', { name, value: 'default' });
      await store.client.request('putSetting', { name, value: [{ url: 'https://a.example/', token: null }] });
      const { client } = await store.restart();
      const value = [{ url: 'https://a.example/', token: null }];
      expect(await client.request('getSetting', { name })).toEqual({ value });
    });
  });

  describe('the journal', () => {
    it('is read in pages from a position on, or the newest of it', async () => {
      const store = await withPaired(await open(), 'NAS');
      for (let number = 1; number <= 5; number += 1) {
        const note = { event: 'test.happened', data: { number }, atMs: number, deviceId: NAS };
        expect(await store.client.request('appendJournal', note)).toEqual({ position: number });
      }
      const { client } = await store.restart();
      const numbers = async (afterPosition: number, limit: number) =>
        (await client.request('readJournal', { afterPosition, limit })).entries.map(({ data }) => data.number);
      expect(await numbers(0, 2)).toEqual([1, 2]);
      expect(await numbers(3, 10)).toEqual([4, 5]);
      expect(await numbers(-1, 2)).toEqual([4, 5]);
      expect(await numbers(5, 10)).toEqual([]);
    });
  });

  describe('the timeline', () => {
    it('tells what happened to a device and to this one, and when it last ran', async () => {
      const store = await withPaired(await open(), 'NAS');
      expect(await store.client.request('lastRun', {})).toEqual({ atMs: null });
      const nowMs = store.clock.nowMs();
      const line = { path: null, relay: null, cause: null, durationMs: null } as const;
      const started = { ...line, kind: 'host.started', atMs: nowMs - 2 } as const;
      const connected = { ...line, kind: 'device.connected', atMs: nowMs - 1 } as const;
      const records = [
        { ...started, deviceId: null },
        { ...connected, deviceId: NAS },
        { ...connected, deviceId: deviceIdNamed('nobody') },
      ];
      await store.client.request('appendTimeline', { records, atMs: nowMs });
      const { client } = await store.restart();
      const { entries } = await client.request('readTimeline', { deviceId: NAS, sinceMs: nowMs - 10 });
      expect(entries).toEqual([started, connected]);
      expect(await client.request('lastRun', {})).toEqual({ atMs: nowMs });
    });
  });
};
