import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PersistenceChannel, RequestInput } from '@bowline/contracts';
import { deviceIdNamed, pendingNamed } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn } from './data-dirs.ts';

type Append = RequestInput<PersistenceChannel, 'appendJournal'>;

const entry = (data: Append['data'] = {}, rest: Partial<Append> = {}): Append => ({
  atMs: 1_000,
  event: 'device.renamed',
  deviceId: null,
  data,
  ...rest,
});

describe('journal', () => {
  it('numbers entries from 1 and gives them back as they were', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    const first = entry({ text: 'hé', nested: { list: [1, null, true] } }, { deviceId: deviceIdNamed('NAS') });
    expect(await client.request('appendJournal', first)).toEqual({ position: 1 });
    expect(await client.request('appendJournal', entry())).toEqual({ position: 2 });
    const { entries } = await client.request('readJournal', { afterPosition: 0, limit: 10 });
    expect(entries).toEqual([
      { position: 1, ...first },
      { position: 2, ...entry() },
    ]);
  });

  it('is read in pages, or from its end', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    for (let index = 0; index < 5; index += 1) await client.request('appendJournal', entry());
    const positions = async (afterPosition: number, limit: number) =>
      (await client.request('readJournal', { afterPosition, limit })).entries.map(({ position }) => position);
    expect(await positions(0, 2)).toEqual([1, 2]);
    expect(await positions(2, 2)).toEqual([3, 4]);
    expect(await positions(4, 2)).toEqual([5]);
    expect(await positions(5, 2)).toEqual([]);
    expect(await positions(-1, 2)).toEqual([4, 5]);
    expect(await positions(-1, 1_000)).toEqual([1, 2, 3, 4, 5]);
  });

  it('is read in shorter pages when its entries are large, one at least', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    for (let index = 0; index < 5; index += 1) {
      await client.request('appendJournal', entry({ text: 'x'.repeat(2_090_000) }));
    }
    const positions = async (afterPosition: number) =>
      (await client.request('readJournal', { afterPosition, limit: 1_000 })).entries.map(({ position }) => position);
    expect(await positions(0)).toEqual([1, 2]);
    expect(await positions(2)).toEqual([3, 4]);
    expect(await positions(4)).toEqual([5]);
    expect(await positions(5)).toEqual([]);
    expect(await positions(-1)).toEqual([4, 5]);
  });

  it.each([
    { afterPosition: -2, limit: 1 },
    { afterPosition: 0, limit: 0 },
    { afterPosition: 0, limit: 1_001 },
    { afterPosition: 0.5, limit: 1 },
  ])('refuses to be read with %j', async (request) => {
    const { client } = await startedStoreIn(freshDataDir());
    await expect(client.request('readJournal', request)).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
  });

  it.each([
    ['event', entry({}, { event: 'not an event' })],
    ['event', entry({}, { event: 'x'.repeat(65) })],
    ['atMs', entry({}, { atMs: -1 })],
    ['deviceId', entry({}, { deviceId: 'd-1' as never })],
    ['data', entry({ text: 'x'.repeat(2_097_152) })],
    ['data', entry({ big: 1n })],
    ['data', entry([] as never)],
  ])('refuses an entry whose %s is wrong', async (field, wrong) => {
    const { client } = await startedStoreIn(freshDataDir());
    await client.request('addPending', pendingNamed('NAS'));
    await expect(client.request('appendJournal', wrong)).rejects.toMatchObject({
      code: 'STORE_INPUT_INVALID',
      data: { field },
    });
    expect((await client.request('readJournal', { afterPosition: 0, limit: 10 })).entries).toEqual([]);
  });
});

describe('bound of the journal', () => {
  it('cuts to nine tenths of the entries, tells it, and never reuses a position', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir, { journalMaxEntries: 100 });
    for (let index = 0; index < 100; index += 1) await store.client.request('appendJournal', entry());
    expect(store.toldOf('journal.trimmed')).toEqual([]);
    expect(await store.client.request('appendJournal', entry())).toEqual({ position: 101 });
    expect(store.toldOf('journal.trimmed')).toEqual([{ owner: null, upToPosition: 11 }]);
    const { entries } = await store.client.request('readJournal', { afterPosition: -1, limit: 1_000 });
    expect(entries.map(({ position }) => position)).toEqual(Array.from({ length: 90 }, (_, index) => index + 12));
    await store.actor.stop();
    const again = await startedStoreIn(dataDir, { journalMaxEntries: 100 });
    expect(await again.client.request('appendJournal', entry())).toEqual({ position: 102 });
  });

  it('cuts to its bytes, always keeping the newest entry', async () => {
    const store = await startedStoreIn(freshDataDir(), { journalMaxBytes: 4_194_304 });
    const large = entry({ text: 'x'.repeat(2_000_000) });
    for (let index = 0; index < 3; index += 1) await store.client.request('appendJournal', large);
    expect(store.toldOf('journal.trimmed')).toEqual([{ owner: null, upToPosition: 2 }]);
    const { entries } = await store.client.request('readJournal', { afterPosition: 0, limit: 10 });
    expect(entries.map(({ position }) => position)).toEqual([3]);
  });

  it('gives each device a share, and pairing one that no device can fill', async () => {
    const store = await startedStoreIn(freshDataDir(), { journalMaxEntries: 100 });
    const about = (name: string, event = 'message.received') =>
      store.client.request('appendJournal', entry({}, { event, deviceId: deviceIdNamed(name) }));
    await about('NAS', 'pairing.completed');
    await about('Phone', 'device.removed');
    for (let index = 0; index < 5; index += 1) await about('Phone');
    for (let index = 0; index < 500; index += 1) await about('NAS');
    const { entries } = await store.client.request('readJournal', { afterPosition: 0, limit: 1_000 });
    const count = (name: string) => entries.filter(({ deviceId }) => deviceId === deviceIdNamed(name)).length;
    expect(entries.slice(0, 2).map(({ event }) => event)).toEqual(['pairing.completed', 'device.removed']);
    expect(count('Phone')).toBe(6);
    expect(count('NAS')).toBeLessThanOrEqual(26);
    expect(store.toldOf('journal.trimmed')[0]).toMatchObject({ owner: deviceIdNamed('NAS') });
  });

  it('stays within its bound whoever fills it', async () => {
    const store = await startedStoreIn(freshDataDir(), { journalMaxEntries: 100 });
    for (let index = 0; index < 300; index += 1) {
      await store.client.request('appendJournal', entry({}, { deviceId: deviceIdNamed(`device ${index % 12}`) }));
    }
    const { entries } = await store.client.request('readJournal', { afterPosition: 0, limit: 1_000 });
    expect(entries.length).toBeLessThanOrEqual(100);
    expect(entries.length).toBeGreaterThan(80);
    expect(entries.at(-1)?.position).toBe(300);
  });

  it('tells an entry that is not as it was stored', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    await store.client.request('appendJournal', entry({ text: 'paid' }));
    await store.actor.stop();
    const database = new DatabaseSync(join(dataDir, 'store.db'));
    database.exec("UPDATE journal SET data = replace(data, 'paid', 'said')");
    database.close();
    const again = await startedStoreIn(dataDir);
    await expect(again.client.request('readJournal', { afterPosition: 0, limit: 10 })).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      data: { problem: expect.stringContaining('journal') },
    });
  });
});
