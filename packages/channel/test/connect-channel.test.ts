import { connectChannel, eventListeners, memoryTransportPair, serveChannel } from '@bowline/channel';
import { type Cancel, defineChannel, event, request } from '@bowline/contracts';
import { fakeClock, memoryLogger, settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';

const definition = defineChannel({
  name: 'unit',
  version: 1,
  requests: { hang: request<Record<string, never>, void>(1_000), quick: request<Record<string, never>, string>() },
  events: { told: event<number>() },
});

const arrange = async () => {
  const clock = fakeClock();
  const logger = memoryLogger();
  const [near, far] = memoryTransportPair();
  const served = serveChannel(definition, far, {
    handlers: { hang: () => new Promise(() => undefined), quick: () => 'done' },
  });
  const client = await connectChannel(definition, near, { clock, logger });
  return { clock, logger, served, client };
};

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: { readonly code: string }) => error.code,
  );

describe('the calling side of a channel', () => {
  test('a request rejects at its deadline and not before', async () => {
    const { client, clock } = await arrange();
    let code: unknown;
    void codeOf(client.request('hang', {})).then((value) => {
      code = value;
    });
    await clock.advance(999);
    expect(code).toBeUndefined();
    await clock.advance(1);
    expect(code).toBe('CHANNEL_DEADLINE');
  });

  test('each of many deadlines holds, in whatever order they were set', async () => {
    const { client, clock } = await arrange();
    const ended: number[] = [];
    for (const deadlineMs of [500, 100, 900, 300]) {
      void codeOf(client.request('hang', {}, { deadlineMs })).then(() => ended.push(deadlineMs));
    }
    await clock.advance(300);
    expect(ended).toEqual([100, 300]);
    await clock.advance(600);
    expect(ended).toEqual([100, 300, 500, 900]);
  });

  test('many requests need one timer, and none is left when the channel has ended', async () => {
    const { client, clock } = await arrange();
    const open = Array.from({ length: 100 }, () => codeOf(client.request('hang', {})));
    expect(clock.pendingTimerCount).toBe(1);
    client.close();
    expect(clock.pendingTimerCount).toBe(0);
    expect(new Set(await Promise.all(open))).toEqual(new Set(['CHANNEL_CLOSED']));
  });

  test('a hello nobody answers rejects at its deadline', async () => {
    const clock = fakeClock();
    const [near] = memoryTransportPair();
    const code = codeOf(connectChannel(definition, near, { clock, handshakeDeadlineMs: 50 }));
    await clock.advance(50);
    expect(await code).toBe('CHANNEL_DEADLINE');
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('a signal ends the handshake', async () => {
    const [near] = memoryTransportPair();
    const cancel = new AbortController();
    const code = codeOf(connectChannel(definition, near, { clock: fakeClock(), signal: cancel.signal }));
    cancel.abort();
    expect(await code).toBe('CHANNEL_CANCELLED');
  });

  test('listeners that are handed in hear events from the first on, over many channels', async () => {
    const listeners = eventListeners<typeof definition>(undefined);
    const heard: number[] = [];
    listeners.on('told', (number) => heard.push(number));
    for (const number of [1, 2]) {
      const [near, far] = memoryTransportPair();
      const served = serveChannel(definition, far, {
        handlers: async () => {
          served.emit('told', number * 10);
          return { hang: () => undefined, quick: () => 'done' };
        },
      });
      const client = await connectChannel(definition, near, { clock: fakeClock(), listeners });
      served.emit('told', number);
      await settle();
      client.close();
    }
    expect(heard).toEqual([10, 1, 20, 2]);
  });

  test('a listener that is added or removed while an event is told changes later tellings only', async () => {
    const { client, served } = await arrange();
    const heard: string[] = [];
    let stopSecond: Cancel = () => undefined;
    client.on('told', () => {
      heard.push('first');
      stopSecond();
      client.on('told', () => heard.push('added'));
    });
    stopSecond = client.on('told', () => heard.push('second'));
    served.emit('told', 1);
    await settle();
    expect(heard).toEqual(['first', 'second']);
  });

  test('the signal of an answered request has no listener left', async () => {
    const { client } = await arrange();
    const cancel = new AbortController();
    let removed = 0;
    const { removeEventListener } = cancel.signal;
    cancel.signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      removed += 1;
      removeEventListener.apply(cancel.signal, given);
    };
    await client.request('quick', {}, { signal: cancel.signal });
    expect(removed).toBe(1);
  });
});
