import type { InboxMessage } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { encodeMessageBody } from '../src/message-body.ts';
import { handOverMessages } from '../src/wiring/hand-over-messages.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const nas = peerDevice(2);
const phone = peerDevice(3);

const waiting = (position: number, device = nas): InboxMessage => ({
  position,
  deviceId: device.id,
  deviceName: device.name,
  atMs: 5,
  payload: encodeMessageBody(`message ${position}`),
});

/** A store that holds `messages`. */
const inboxSystem = (...messages: InboxMessage[]) => {
  let kept = messages;
  const scripted = scriptedSystem({
    'persistence.messageUsage': () => ({
      inbox: [...new Set(kept.map(({ deviceId }) => deviceId))].map((deviceId) => ({ deviceId })),
      outbox: [],
    }),
    'persistence.listInbox': ({ deviceId, limit }: { deviceId: string | null; limit: number }) => ({
      messages: kept.filter((message) => deviceId === null || message.deviceId === deviceId).slice(0, limit),
    }),
    'persistence.takeMessages': ({ positions }: { positions: readonly number[] }) => {
      const taken = kept.filter(({ position }) => positions.includes(position));
      kept = kept.filter(({ position }) => !positions.includes(position));
      return { taken };
    },
  });
  return {
    ...scripted,
    left: () => kept.map(({ position }) => position),
    arrive: (message: InboxMessage) => {
      kept = [...kept, message];
      scripted.system.inbox.noteArrived(message.deviceId);
    },
  };
};

describe('a handler of messages', () => {
  it('takes what waited before the start and what comes, in order', async () => {
    const { system, arrive, left } = inboxSystem(waiting(1), waiting(2));
    const taken: unknown[] = [];
    system.messageHandler.set(async ({ position, from, fromName, atMs, body }) => {
      taken.push({ position, from, fromName, atMs, body });
    });
    handOverMessages(system);
    await settle();
    arrive(waiting(3));
    await settle();
    expect(taken).toEqual(
      [1, 2, 3].map((position) => ({
        position,
        from: nas.id,
        fromName: nas.name,
        atMs: 5,
        body: `message ${position}`,
      })),
    );
    expect(left()).toEqual([]);
  });

  it('takes a message only when it is done with it', async () => {
    const { system, left } = inboxSystem(waiting(1), waiting(2));
    const done = Promise.withResolvers<void>();
    const begun: number[] = [];
    system.messageHandler.set(({ position }) => {
      begun.push(position);
      return done.promise;
    });
    handOverMessages(system);
    await settle();
    expect(begun).toEqual([1]);
    expect(left()).toEqual([1, 2]);
    done.resolve();
    await settle();
    expect(left()).toEqual([]);
  });

  it('is given a message again after it failed, later each time, and others do not wait', async () => {
    const { system, clock, left } = inboxSystem(waiting(1), waiting(2), waiting(3, phone));
    let failures = 2;
    const given: number[] = [];
    system.messageHandler.set(async ({ position }) => {
      given.push(position);
      if (position !== 1 || failures === 0) return;
      failures -= 1;
      throw new Error('not now');
    });
    handOverMessages(system);
    await settle();
    expect(given).toEqual([1, 3]);
    expect(left()).toEqual([1, 2]);
    await clock.advance(1_000);
    await settle();
    expect(given).toEqual([1, 3, 1]);
    await clock.advance(1_000);
    await settle();
    expect(given).toEqual([1, 3, 1]);
    await clock.advance(1_000);
    await settle();
    expect(given).toEqual([1, 3, 1, 1, 2]);
    expect(left()).toEqual([]);
  });

  it('may come later, and only one at a time', async () => {
    const { system, left } = inboxSystem(waiting(1));
    handOverMessages(system);
    await settle();
    expect(left()).toEqual([1]);
    const cancel = system.messageHandler.set(() => undefined);
    expect(() => system.messageHandler.set(() => undefined)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_HANDLER_PRESENT' }),
    );
    await settle();
    expect(left()).toEqual([]);
    cancel();
    system.messageHandler.set(() => undefined);
  });

  it('is given nothing once it has ended, or the host stops', async () => {
    const { system, arrive, left } = inboxSystem();
    const stop = handOverMessages(system);
    const cancel = system.messageHandler.set(() => undefined);
    cancel();
    arrive(waiting(1));
    await settle();
    expect(left()).toEqual([1]);
    stop();
    system.messageHandler.set(() => undefined);
    await settle();
    expect(left()).toEqual([1]);
  });
});
