import { describe, expect, it } from 'vitest';
import { deviceIdNamed } from './named-devices.ts';
import { receivedMessage } from './received-message.ts';
import { type StoreArrangement, type StoreImplementation, withPaired } from './store-arrangement.ts';

const [NAS, PHONE] = [deviceIdNamed('NAS'), deviceIdNamed('Phone')];
const payloadOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = ({ payload }: { readonly payload: Uint8Array }): string => new TextDecoder().decode(payload);

const inboxOf = async ({ client }: StoreArrangement, deviceId: typeof NAS | null = null) =>
  (await client.request('listInbox', { deviceId, afterPosition: 0, limit: 1_000 })).messages.map(textOf);

const outboxOf = async ({ client }: StoreArrangement) =>
  (await client.request('listOutbox', { deviceId: NAS, afterPosition: 0, limit: 1_000 })).messages.map(textOf);

/** What a store owes those who send and receive messages. */
export const messageConformance = (open: StoreImplementation['open']): void => {
  describe('the inbox', () => {
    it('keeps messages until they are taken, also across a restart, and gives no position twice', async () => {
      const store = await withPaired(await open(), 'NAS', 'Phone');
      await store.client.request('receiveMessage', receivedMessage(1, 1, { text: 'one' }));
      await store.client.request('receiveMessage', receivedMessage(1, 1, { name: 'Phone', text: 'two' }));
      await store.client.request('receiveMessage', receivedMessage(1, 2, { text: 'three' }));
      expect(await inboxOf(store)).toEqual(['one', 'two', 'three']);
      expect(await inboxOf(store, NAS)).toEqual(['one', 'three']);
      const taken = [{ position: 1, deviceId: NAS }];
      expect(await store.client.request('takeMessages', { positions: [1, 99] })).toEqual({ taken });
      const { client } = await store.restart();
      const page = async (afterPosition: number, limit: number) =>
        (await client.request('listInbox', { deviceId: null, afterPosition, limit })).messages;
      expect(await page(0, 10)).toMatchObject([
        { position: 2, deviceId: PHONE, deviceName: 'Phone', atMs: 1_000 },
        { position: 3, deviceId: NAS, deviceName: 'NAS' },
      ]);
      expect(await page(2, 10)).toMatchObject([{ position: 3 }]);
      expect(await page(0, 1)).toMatchObject([{ position: 2 }]);
      const { inbox, outbox } = await client.request('messageUsage', {});
      expect(inbox).toHaveLength(2);
      expect(inbox).toEqual(expect.arrayContaining([{ deviceId: NAS, count: 1, sizeBytes: 5 }]));
      expect(outbox).toEqual([]);
      await client.request('takeMessages', { positions: [2, 3] });
      await client.request('receiveMessage', receivedMessage(1, 3));
      expect(await page(0, 10)).toMatchObject([{ position: 4 }]);
    });

    it('takes each position of a device once, in growing order', async () => {
      const store = await withPaired(await open(), 'NAS');
      const outcomes: string[] = [];
      for (const [incarnation, sequence] of [
        [1, 2],
        [1, 2],
        [1, 1],
        [2, 1],
        [1, 3],
        [2, 2],
      ] as const) {
        const answer = await store.client.request('receiveMessage', receivedMessage(incarnation, sequence));
        outcomes.push(answer.outcome);
      }
      expect(outcomes).toEqual(['stored', 'repeat', 'repeat', 'stored', 'repeat', 'stored']);
      expect(await inboxOf(await store.restart())).toEqual(['1/2', '2/1', '2/2']);
    });

    it('knows a message its sender kept by its name, whatever number it comes under, and moves on', async () => {
      const store = await withPaired(await open(), 'NAS');
      const messageId = 'ab'.repeat(16);
      const receive = async (incarnation: number, sequence: number, id: string | null) =>
        (await store.client.request('receiveMessage', receivedMessage(incarnation, sequence, { messageId: id })))
          .outcome;
      expect(await receive(5, 8, messageId)).toBe('stored');
      expect(await receive(6, 1, messageId)).toBe('repeat');
      expect(await receive(6, 1, 'cd'.repeat(16))).toBe('repeat');
      expect(await receive(6, 2, 'cd'.repeat(16))).toBe('stored');
      expect(await receive(6, 3, null)).toBe('stored');
      const { devices } = await store.client.request('listDevices', {});
      expect(devices[0]?.lastReceived).toEqual({ incarnation: 6, sequence: 3 });
    });

    it('is left out by what goes to the journal, where every message is noted', async () => {
      const store = await withPaired(await open(), 'NAS');
      await store.client.request('receiveMessage', receivedMessage(1, 1));
      const { outcome } = await store.client.request('receiveMessage', receivedMessage(1, 2, { into: 'journal' }));
      expect(outcome).toBe('stored');
      expect(await inboxOf(store)).toEqual(['1/1']);
      const { entries } = await store.client.request('readJournal', { afterPosition: 0, limit: 10 });
      expect(entries.map(({ data }) => data.text)).toEqual(['1/1', '1/2']);
    });

    it('takes nothing of a device that is not stored, and keeps what came of one that is removed', async () => {
      const store = await withPaired(await open(), 'NAS');
      const stranger = store.client.request('receiveMessage', receivedMessage(1, 1, { name: 'Stranger' }));
      await expect(stranger).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
      await store.client.request('receiveMessage', receivedMessage(1, 1, { text: 'still here' }));
      await store.client.request('removeDevice', { deviceId: NAS });
      expect(await inboxOf(store)).toEqual(['still here']);
    });
  });

  describe('the outbox', () => {
    it('keeps messages for a device in order until they are delivered, also across a restart', async () => {
      const store = await withPaired(await open(), 'NAS', 'Phone');
      for (const text of ['one', 'two']) {
        await store.client.request('keepMessage', { deviceId: NAS, atMs: 1, payload: payloadOf(text) });
      }
      await store.client.request('keepMessage', { deviceId: PHONE, atMs: 1, payload: payloadOf('other') });
      expect(await outboxOf(store)).toEqual(['one', 'two']);
      await store.client.request('forgetKept', { positions: [1, 99] });
      const { client } = await store.restart();
      const { messages } = await client.request('listOutbox', { deviceId: NAS, afterPosition: 0, limit: 10 });
      expect(messages).toMatchObject([{ position: 2, messageId: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
      const kept = await client.request('keepMessage', { deviceId: NAS, atMs: 1, payload: payloadOf('three') });
      expect(kept).toMatchObject({ position: 4, usage: { count: 2, sizeBytes: 8 } });
    });

    it('goes with the device it is for, and is refused for one that is not stored', async () => {
      const { client } = await withPaired(await open(), 'NAS');
      const keep = () => client.request('keepMessage', { deviceId: NAS, atMs: 1, payload: payloadOf('x') });
      await keep();
      await client.request('removeDevice', { deviceId: NAS });
      expect((await client.request('messageUsage', {})).outbox).toEqual([]);
      await expect(keep()).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
    });
  });
};
