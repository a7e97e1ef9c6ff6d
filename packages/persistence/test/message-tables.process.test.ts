import { deviceIdNamed, pendingNamed, receivedMessage } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn } from './data-dirs.ts';

const NAS = deviceIdNamed('NAS');
const Phone = deviceIdNamed('Phone');

const storeWith = async (dataDir: string, options: Parameters<typeof startedStoreIn>[1] = {}) => {
  const store = await startedStoreIn(dataDir, options);
  for (const name of ['NAS', 'Phone']) {
    await store.client.request('addPending', pendingNamed(name));
    await store.client.request('promote', { deviceId: deviceIdNamed(name) });
  }
  const texts = async (deviceId: typeof NAS | null = null) => {
    const page = { deviceId, afterPosition: 0, limit: 1_000 };
    const { messages } = await store.client.request('listInbox', page);
    return messages.map(({ payload }) => new TextDecoder().decode(payload));
  };
  const kept = async () => {
    const { messages } = await store.client.request('listOutbox', { deviceId: NAS, afterPosition: 0, limit: 1_000 });
    return messages.map(({ payload }) => new TextDecoder().decode(payload));
  };
  return { ...store, texts, kept };
};

describe('inbox', () => {
  it('keeps messages until they are taken, also across a restart', async () => {
    const dataDir = freshDataDir();
    const store = await storeWith(dataDir);
    await store.client.request('receiveMessage', receivedMessage(1, 1, { text: 'one' }));
    await store.client.request('receiveMessage', receivedMessage(1, 1, { name: 'Phone', text: 'two' }));
    await store.client.request('receiveMessage', receivedMessage(1, 2, { text: 'three' }));
    expect(await store.texts()).toEqual(['one', 'two', 'three']);
    expect(await store.texts(NAS)).toEqual(['one', 'three']);
    expect(await store.client.request('takeMessages', { positions: [1, 99] })).toEqual({
      taken: [{ position: 1, deviceId: NAS }],
    });
    await store.actor.stop();
    const { client } = await startedStoreIn(dataDir);
    const { messages } = await client.request('listInbox', { deviceId: null, afterPosition: 0, limit: 10 });
    expect(messages).toMatchObject([
      { position: 2, deviceId: Phone, deviceName: 'Phone', atMs: 1_000 },
      { position: 3, deviceId: NAS, deviceName: 'NAS' },
    ]);
    expect(await client.request('messageUsage', {})).toEqual({
      inbox: expect.arrayContaining([
        { deviceId: NAS, count: 1, sizeBytes: 5 },
        { deviceId: Phone, count: 1, sizeBytes: 3 },
      ]),
      outbox: [],
    });
    await client.request('takeMessages', { positions: [2, 3] });
    await client.request('receiveMessage', receivedMessage(1, 3));
    const [message] = (await client.request('listInbox', { deviceId: null, afterPosition: 0, limit: 10 })).messages;
    expect(message?.position).toBe(4);
  });

  it('drops nothing when it is full, and leaves room to other devices', async () => {
    const store = await storeWith(freshDataDir(), { messagesMaxCount: 3 });
    const receive = async (sequence: number, name: string) =>
      (await store.client.request('receiveMessage', receivedMessage(1, sequence, { name }))).outcome;
    for (const sequence of [1, 2, 3]) expect(await receive(sequence, 'NAS')).toBe('stored');
    expect(await receive(4, 'NAS')).toBe('full');
    expect(await receive(1, 'Phone')).toBe('stored');
    const { devices } = await store.client.request('listDevices', {});
    expect(devices[0]?.lastReceived).toEqual({ incarnation: 1, sequence: 3 });
    await store.client.request('takeMessages', { positions: [1] });
    expect(await receive(4, 'NAS')).toBe('stored');
    expect(await store.texts(NAS)).toEqual(['1/2', '1/3', '1/4']);
  });

  it('is full by bytes too', async () => {
    const store = await storeWith(freshDataDir(), { messagesMaxBytes: 1_048_576 });
    const large = { payload: new Uint8Array(262_144) };
    const outcomes: string[] = [];
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      outcomes.push((await store.client.request('receiveMessage', receivedMessage(1, sequence, large))).outcome);
    }
    expect(outcomes).toEqual(['stored', 'stored', 'stored', 'stored', 'full']);
  });

  it('takes on arrival what goes to the journal, however full it is', async () => {
    const store = await storeWith(freshDataDir(), { messagesMaxCount: 1 });
    await store.client.request('receiveMessage', receivedMessage(1, 1));
    const { outcome } = await store.client.request('receiveMessage', receivedMessage(1, 2, { into: 'journal' }));
    expect(outcome).toBe('stored');
    expect(await store.texts()).toEqual(['1/1']);
    const { entries } = await store.client.request('readJournal', { afterPosition: 0, limit: 10 });
    expect(entries.map(({ data }) => data.text)).toEqual(['1/1', '1/2']);
  });

  it('knows a message its sender kept by its name, whatever number it comes under', async () => {
    const dataDir = freshDataDir();
    const store = await storeWith(dataDir);
    const messageId = 'ab'.repeat(16);
    const receive = async (incarnation: number, sequence: number, id: string | null) =>
      (await store.client.request('receiveMessage', receivedMessage(incarnation, sequence, { messageId: id }))).outcome;
    expect(await receive(5, 8, messageId)).toBe('stored');
    expect(await receive(6, 1, messageId)).toBe('repeat');
    expect(await receive(6, 1, 'cd'.repeat(16))).toBe('repeat');
    expect(await receive(6, 2, 'cd'.repeat(16))).toBe('stored');
    expect(await receive(6, 3, null)).toBe('stored');
    const { devices } = await store.client.request('listDevices', {});
    expect(devices[0]?.lastReceived).toEqual({ incarnation: 6, sequence: 3 });
  });

  it('remembers as many names as may come again, and no more', async () => {
    const store = await storeWith(freshDataDir());
    const receive = async (sequence: number, number: number) => {
      const messageId = String(number).padStart(32, '0');
      const message = receivedMessage(1, sequence, { messageId, into: 'journal' });
      return (await store.client.request('receiveMessage', message)).outcome;
    };
    for (let number = 1; number <= 1_030; number += 1) await receive(number, number);
    expect(await receive(2_000, 31)).toBe('repeat');
    expect(await receive(2_001, 1)).toBe('stored');
  });

  it('refuses a message of a device that is not stored, so that it is not acknowledged', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    await expect(client.request('receiveMessage', receivedMessage(1, 1))).rejects.toMatchObject({
      code: 'DEVICE_UNKNOWN',
    });
    expect((await client.request('messageUsage', {})).inbox).toEqual([]);
    expect((await client.request('readJournal', { afterPosition: 0, limit: 10 })).entries).toEqual([]);
  });

  it('keeps what was delivered when its sender is removed', async () => {
    const store = await storeWith(freshDataDir());
    await store.client.request('receiveMessage', receivedMessage(1, 1, { text: 'still here' }));
    await store.client.request('removeDevice', { deviceId: NAS });
    expect(await store.texts()).toEqual(['still here']);
  });

  it('stores every position at most once, in growing order, whatever is resent and whenever it restarts', async () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ incarnation: fc.nat(3), sequence: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const dataDir = freshDataDir();
        let store = await storeWith(dataDir);
        let last: readonly [number, number] = [-1, 0];
        const expected: string[] = [];
        for (const next of steps) {
          if (next === 'restart') {
            await store.actor.stop();
            store = { ...store, ...(await startedStoreIn(dataDir)) };
            continue;
          }
          const { incarnation, sequence } = next;
          const isAhead = incarnation > last[0] || (incarnation === last[0] && sequence > last[1]);
          const { outcome } = await store.client.request('receiveMessage', receivedMessage(incarnation, sequence));
          expect(outcome).toBe(isAhead ? 'stored' : 'repeat');
          if (!isAhead) continue;
          expected.push(`${incarnation}/${sequence}`);
          last = [incarnation, sequence];
        }
        const page = { deviceId: NAS, afterPosition: 0, limit: 1_000 };
        const { messages } = await store.client.request('listInbox', page);
        expect(messages.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(expected);
        await store.actor.stop();
      }),
      { numRuns: 15 },
    );
  });
});

describe('outbox', () => {
  const payload = (text: string) => new TextEncoder().encode(text);

  it('keeps messages for a device in order until they are delivered, also across a restart', async () => {
    const dataDir = freshDataDir();
    const store = await storeWith(dataDir);
    for (const text of ['one', 'two']) {
      await store.client.request('keepMessage', { deviceId: NAS, atMs: 1, payload: payload(text) });
    }
    await store.client.request('forgetKept', { positions: [1] });
    await store.actor.stop();
    const { client } = await startedStoreIn(dataDir);
    const { messages } = await client.request('listOutbox', { deviceId: NAS, afterPosition: 0, limit: 10 });
    expect(messages).toMatchObject([
      { position: 2, payload: payload('two'), messageId: expect.stringMatching(/^\w{32}$/) },
    ]);
    const kept = await client.request('keepMessage', { deviceId: NAS, atMs: 1, payload: payload('three') });
    expect(kept).toMatchObject({ position: 3, usage: { count: 2, sizeBytes: 8 } });
  });

  it('is bounded for each device, tells it, and drops nothing', async () => {
    const store = await storeWith(freshDataDir(), { messagesMaxCount: 2 });
    const keep = (deviceId: typeof NAS) =>
      store.client.request('keepMessage', { deviceId, atMs: 1, payload: payload('x') });
    await keep(NAS);
    await keep(NAS);
    await expect(keep(NAS)).rejects.toMatchObject({ code: 'OUTBOX_FULL', retryable: true, data: { count: 2 } });
    await keep(Phone);
    expect(await store.kept()).toEqual(['x', 'x']);
  });

  it('goes with the device it is for, and is refused for one that is not stored', async () => {
    const store = await storeWith(freshDataDir());
    await store.client.request('keepMessage', { deviceId: NAS, atMs: 1, payload: payload('x') });
    await store.client.request('removeDevice', { deviceId: NAS });
    expect((await store.client.request('messageUsage', {})).outbox).toEqual([]);
    await expect(
      store.client.request('keepMessage', { deviceId: NAS, atMs: 1, payload: payload('x') }),
    ).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
  });

  it.each([
    ['listInbox', { deviceId: null, afterPosition: -1, limit: 1 }],
    ['listInbox', { deviceId: null, afterPosition: 0, limit: 1_001 }],
    ['takeMessages', { positions: [0] }],
    ['takeMessages', { positions: Array.from({ length: 1_001 }, () => 1) }],
    ['keepMessage', { deviceId: NAS, atMs: 1, payload: new Uint8Array(262_146) }],
    ['receiveMessage', receivedMessage(1, 1, { messageId: 'short' })],
    ['receiveMessage', receivedMessage(1, 0)],
  ] as const)('refuses %s with what breaks its rule (%#)', async (request, input) => {
    const { client } = await storeWith(freshDataDir());
    await expect(client.request(request, input as never)).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
  });
});
