import type { PersistenceChannel, RequestInput } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn } from './data-dirs.ts';
import { deviceIdNamed, pendingNamed } from './peers.ts';

type Append = RequestInput<PersistenceChannel, 'appendJournal'>;

const entry = (data: Append['data'] = {}, rest: Partial<Append> = {}): Append => ({
  atMs: 1_000,
  event: 'device.renamed',
  deviceId: null,
  data,
  ...rest,
});

const received = (incarnation: number, sequence: number, name = 'NAS'): Append =>
  entry(
    { text: `${incarnation}/${sequence}` },
    {
      event: 'message.received',
      deviceId: deviceIdNamed(name),
      received: { incarnation, sequence },
    },
  );

describe('journal', () => {
  it('numbers entries from 1 and gives them back as they were', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    const first = entry({ text: 'hé', nested: { list: [1, null, true] } }, { deviceId: deviceIdNamed('NAS') });
    expect(await client.request('appendJournal', first)).toEqual({ stored: true, position: 1 });
    expect(await client.request('appendJournal', entry())).toEqual({ stored: true, position: 2 });
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
    ['deviceId', entry({}, { received: { incarnation: 1, sequence: 1 } })],
    ['received', received(1, 0)],
    ['received', received(-1, 1)],
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

describe('journal of received messages', () => {
  it('stores each once and moves lastReceived with it', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    await client.request('addPending', pendingNamed('NAS'));
    expect(await client.request('appendJournal', received(1, 1))).toEqual({ stored: true, position: 1 });
    expect(await client.request('appendJournal', received(1, 1))).toEqual({ stored: false, position: 1 });
    expect(await client.request('appendJournal', received(1, 2))).toEqual({ stored: true, position: 2 });
    expect(await client.request('appendJournal', received(2, 1))).toEqual({ stored: true, position: 3 });
    expect(await client.request('appendJournal', received(1, 3))).toEqual({ stored: false, position: 3 });
    const { devices } = await client.request('listDevices', {});
    expect(devices[0]?.lastReceived).toEqual({ incarnation: 2, sequence: 1 });
  });

  it('keeps the positions of different devices apart', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    for (const name of ['NAS', 'Phone']) await client.request('addPending', pendingNamed(name));
    expect(await client.request('appendJournal', received(5, 5, 'NAS'))).toMatchObject({ stored: true });
    expect(await client.request('appendJournal', received(1, 1, 'Phone'))).toMatchObject({ stored: true });
  });

  it('rejects what comes from a device that is not stored, so that it is not acknowledged', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    await expect(client.request('appendJournal', received(1, 1))).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
    expect((await client.request('readJournal', { afterPosition: 0, limit: 10 })).entries).toEqual([]);
  });

  it('stores every position at most once, in growing order, whatever is resent and whenever it restarts', async () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ incarnation: fc.nat(3), sequence: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const dataDir = freshDataDir();
        let store = await startedStoreIn(dataDir);
        await store.client.request('addPending', pendingNamed('NAS'));
        let last: readonly [number, number] = [-1, 0];
        const expected: string[] = [];
        for (const next of steps) {
          if (next === 'restart') {
            await store.actor.stop();
            store = await startedStoreIn(dataDir);
            continue;
          }
          const { incarnation, sequence } = next;
          const isAhead = incarnation > last[0] || (incarnation === last[0] && sequence > last[1]);
          const outcome = await store.client.request('appendJournal', received(incarnation, sequence));
          expect(outcome).toEqual({ stored: isAhead, position: expected.length + (isAhead ? 1 : 0) });
          if (!isAhead) continue;
          expected.push(`${incarnation}/${sequence}`);
          last = [incarnation, sequence];
        }
        const { entries } = await store.client.request('readJournal', { afterPosition: 0, limit: 1_000 });
        expect(entries.map(({ data }) => data.text)).toEqual(expected);
        await store.actor.stop();
      }),
      { numRuns: 15 },
    );
  });
});

describe('bound of the journal', () => {
  it('cuts to nine tenths of the entries, tells it, and never reuses a position', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir, { journalMaxEntries: 100 });
    for (let index = 0; index < 100; index += 1) await store.client.request('appendJournal', entry());
    expect(store.toldOf('journal.trimmed')).toEqual([]);
    expect(await store.client.request('appendJournal', entry())).toEqual({ stored: true, position: 101 });
    expect(store.toldOf('journal.trimmed')).toEqual([{ upToPosition: 11 }]);
    const { entries } = await store.client.request('readJournal', { afterPosition: -1, limit: 1_000 });
    expect(entries.map(({ position }) => position)).toEqual(Array.from({ length: 90 }, (_, index) => index + 12));
    await store.actor.stop();
    const again = await startedStoreIn(dataDir, { journalMaxEntries: 100 });
    expect(await again.client.request('appendJournal', entry())).toEqual({ stored: true, position: 102 });
  });

  it('cuts to its bytes, always keeping the newest entry', async () => {
    const store = await startedStoreIn(freshDataDir(), { journalMaxBytes: 4_194_304 });
    const large = entry({ text: 'x'.repeat(2_000_000) });
    for (let index = 0; index < 3; index += 1) await store.client.request('appendJournal', large);
    expect(store.toldOf('journal.trimmed')).toEqual([{ upToPosition: 2 }]);
    const { entries } = await store.client.request('readJournal', { afterPosition: 0, limit: 10 });
    expect(entries.map(({ position }) => position)).toEqual([3]);
  });

  it('still knows what was received after the entry itself is gone', async () => {
    const store = await startedStoreIn(freshDataDir(), { journalMaxEntries: 100 });
    await store.client.request('addPending', pendingNamed('NAS'));
    await store.client.request('appendJournal', received(1, 1));
    for (let index = 0; index < 120; index += 1) await store.client.request('appendJournal', entry());
    expect(await store.client.request('appendJournal', received(1, 1))).toMatchObject({ stored: false });
  });
});
