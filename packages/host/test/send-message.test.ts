import { BowlineError, errorCode } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { messageSender } from '../src/messages/send-message.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const nas = peerDevice(2);

/** Links that acknowledge a message when the test says so. */
const sendingSystem = (heldBack: string | null = null) => {
  const waiting: (() => void)[] = [];
  const scripted = scriptedSystem({
    'links.status': () => ({ links: [{ deviceId: nas.id, heldBack }] }),
    'links.sendMessage': (_input: never, signal) =>
      new Promise((resolve, reject) => {
        waiting.push(() => resolve({ elapsedMs: 7 }));
        signal?.addEventListener('abort', () =>
          reject(new BowlineError({ code: 'MESSAGE_WAIT_ENDED', message: 'ended' })),
        );
      }),
  });
  return { ...scripted, ...messageSender(scripted.system), acknowledgeNext: () => waiting.shift()?.() };
};

describe('a message that is sent', () => {
  it.each([
    [null, 'away'],
    ['inboxFull', 'inboxFull'],
    ['storeFull', 'storeFull'],
  ])('says why it was not delivered in time (%s)', async (heldBack, reason) => {
    const { clock, send } = sendingSystem(heldBack);
    const sending = send(nas.id, new Uint8Array(1), { deadlineMs: 5_000 }).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await sending).toMatchObject({ code: 'MESSAGE_NOT_DELIVERED', data: { reason }, retryable: true });
  });

  it('is not late while those before it arrive', async () => {
    const { clock, send, acknowledgeNext } = sendingSystem();
    const sending = [1, 2, 3].map(() => send(nas.id, new Uint8Array(1), { deadlineMs: 5_000 }));
    for (const _ of sending) {
      await clock.advance(4_000);
      acknowledgeNext();
      await settle();
    }
    expect(await Promise.all(sending)).toMatchObject([
      { elapsedMs: 4_000 },
      { elapsedMs: 8_000 },
      { elapsedMs: 12_000 },
    ]);
  });

  it('waits its turn behind many, and asks the link for a bounded number at a time', async () => {
    const { send, acknowledgeNext, inputsOf } = sendingSystem();
    const sending = Promise.all(Array.from({ length: 1_000 }, () => send(nas.id, new Uint8Array(1), {})));
    await settle();
    expect(inputsOf('links.sendMessage')).toHaveLength(256);
    for (let index = 0; index < 1_000; index += 1) {
      acknowledgeNext();
      await settle();
    }
    await sending;
    expect(inputsOf('links.sendMessage')).toHaveLength(1_000);
  });

  it('is refused when more wait than may, and leaves its place when it is late', async () => {
    const { clock, send } = sendingSystem();
    const outcomes = Array.from({ length: 600 }, () =>
      send(nas.id, new Uint8Array(262_144), { deadlineMs: 5_000 }).catch((error: unknown) => errorCode(error)),
    );
    expect(await outcomes.at(-1)).toBe('MESSAGE_QUEUE_FULL');
    await clock.advance(5_000);
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['MESSAGE_QUEUE_FULL', 'MESSAGE_NOT_DELIVERED']));
  });

  it('ends when its caller no longer waits', async () => {
    const { send } = sendingSystem();
    const controller = new AbortController();
    const sending = send(nas.id, new Uint8Array(1), { signal: controller.signal }).catch((error: unknown) => error);
    await settle();
    controller.abort();
    expect(await sending).toMatchObject({ code: 'MESSAGE_WAIT_ENDED' });
    const late = send(nas.id, new Uint8Array(1), { signal: controller.signal });
    await expect(late).rejects.toMatchObject({ name: 'AbortError' });
  });
});
