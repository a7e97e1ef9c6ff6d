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
