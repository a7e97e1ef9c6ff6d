import { type ChannelMessage, connectChannel, MESSAGE, memoryTransportPair, serveChannel } from '@bowline/channel';
import { BowlineError, defineChannel, event, request } from '@bowline/contracts';
import { fakeClock, memoryLogger, settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';

const definition = defineChannel({
  name: 'unit',
  version: 1,
  requests: {
    hang: request<Record<string, never>, void>(1_000),
    quick: request<Record<string, never>, string>(),
    fail: request<Record<string, never>, void>(),
  },
  events: { told: event<number>() },
});

const arrange = async (options: { readonly maxOpenRequests?: number } = {}) => {
  const clock = fakeClock();
  const logger = memoryLogger();
  const signals: AbortSignal[] = [];
  const [near, far] = memoryTransportPair();
  const served = serveChannel(definition, far, {
    ...options,
    logger,
    handlers: {
      hang: (_input, { signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      quick: () => 'done',
      fail: () => Promise.reject(new TypeError('a mistake')),
    },
  });
  const client = await connectChannel(definition, near, { clock, logger });
  return { clock, logger, served, client, signals };
};

const rejectionOf = (promise: Promise<unknown>): Promise<BowlineError> =>
  promise.then(
    () => new BowlineError({ code: 'NONE', message: 'it was answered' }),
    (error: unknown) => error as BowlineError,
  );

describe('the serving side of a channel', () => {
  test('aborts what is open when it closes, and tells the caller why', async () => {
    const { client, served, signals } = await arrange();
    const open = rejectionOf(client.request('hang', {}));
    await settle();
    served.close('it had enough');
    expect(signals[0]?.aborted).toBe(true);
    expect(signals[0]?.reason).toMatchObject({ code: 'CHANNEL_CLOSED' });
    expect((await open).data.reason).toBe('it had enough');
    served.close('again');
    served.emit('told', 1);
  });

  test('a signal first looked at after the abort is aborted', async () => {
    const [near, far] = memoryTransportPair();
    const { promise: wasAborted, resolve } = Promise.withResolvers<boolean>();
    const gate = Promise.withResolvers<void>();
    serveChannel(definition, far, {
      handlers: {
        hang: async (_input, context) => {
          await gate.promise;
          resolve(context.signal.aborted);
        },
        quick: () => 'done',
        fail: () => undefined,
      },
    });
    const client = await connectChannel(definition, near, { clock: fakeClock() });
    const cancel = new AbortController();
    const open = rejectionOf(client.request('hang', {}, { signal: cancel.signal }));
    await settle();
    cancel.abort();
    await settle();
    gate.resolve();
    expect(await wasAborted).toBe(true);
    expect((await open).code).toBe('CHANNEL_CANCELLED');
  });

  test('works on no more requests than its bound, and on others when some have ended', async () => {
    const { client } = await arrange({ maxOpenRequests: 2 });
    const cancel = new AbortController();
    const open = [1, 2].map(() => rejectionOf(client.request('hang', {}, { signal: cancel.signal })));
    expect(await rejectionOf(client.request('quick', {}))).toMatchObject({ code: 'CHANNEL_BUSY', retryable: true });
    cancel.abort();
    await Promise.all(open);
    expect(await client.request('quick', {})).toBe('done');
  });

  test('logs a failure that is none of ours, with its error', async () => {
    const { client, logger } = await arrange();
    await rejectionOf(client.request('fail', {}));
    expect(logger.lines).toMatchObject([
      {
        level: 'error',
        fields: { verb: 'fail', error: expect.any(TypeError) },
        message: 'request failed unexpectedly',
      },
    ]);
  });

  test('an answer to a cancelled request is dropped', async () => {
    const { client, logger } = await arrange();
    const cancel = new AbortController();
    const open = rejectionOf(client.request('fail', {}, { signal: cancel.signal }));
    cancel.abort();
    expect((await open).code).toBe('CHANNEL_CANCELLED');
    await settle();
    expect(await client.request('quick', {})).toBe('done');
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('an error whose data cannot be carried arrives without it', async () => {
    const posted: ChannelMessage[] = [];
    let receive: (message: ChannelMessage) => void = () => undefined;
    serveChannel(
      definition,
      {
        post: (message) => posted.push(structuredClone(message)),
        listen: ({ onMessage }) => {
          receive = onMessage;
        },
        close: () => undefined,
      },
      {
        handlers: {
          hang: () => undefined,
          quick: () => '',
          fail: () => {
            throw new BowlineError({ code: 'ODD', message: 'Odd.', retryable: true, data: { callback: () => 1 } });
          },
        },
      },
    );
    receive([MESSAGE.hello, 1, 'unit', 1, undefined]);
    receive([MESSAGE.request, 1, 'fail', {}]);
    expect(posted.at(-1)).toEqual([
      MESSAGE.failure,
      1,
      { name: 'BowlineError', code: 'ODD', message: 'Odd.', retryable: true },
    ]);
  });

  test('a handler that ends the channel itself has its signal aborted', async () => {
    const [near, far] = memoryTransportPair();
    const { promise: reason, resolve } = Promise.withResolvers<unknown>();
    const served = serveChannel(definition, far, {
      handlers: {
        hang: async (_input, { signal }) => {
          served.close('enough');
          await Promise.resolve();
          resolve(signal.reason);
        },
        quick: () => '',
        fail: () => undefined,
      },
    });
    const client = await connectChannel(definition, near, { clock: fakeClock() });
    expect((await rejectionOf(client.request('hang', {}))).data.reason).toBe('enough');
    expect(await reason).toMatchObject({ code: 'CHANNEL_CLOSED' });
  });

  test('handlers that are none refuse the caller', async () => {
    const [near, far] = memoryTransportPair();
    serveChannel(definition, far, { handlers: async () => ({ hang: 'no function' }) as never });
    const connecting = connectChannel(definition, near, { clock: fakeClock() });
    expect(await rejectionOf(connecting)).toMatchObject({ code: 'INTERNAL', name: 'TypeError' });
  });

  test('a wire of another version is refused', async () => {
    const [near, far] = memoryTransportPair();
    const { promise: answered, resolve } = Promise.withResolvers<ChannelMessage>();
    near.listen({ onMessage: resolve, onClose: () => undefined });
    const served = serveChannel(definition, far, {
      handlers: { hang: () => undefined, quick: () => '', fail: () => undefined },
    });
    near.post([MESSAGE.hello, 2, 'unit', 1, undefined]);
    expect(await answered).toMatchObject([MESSAGE.refused, { code: 'CHANNEL_VERSION_MISMATCH' }]);
    expect((await served.closed).cause).toMatchObject({ code: 'CHANNEL_VERSION_MISMATCH' });
  });
});
