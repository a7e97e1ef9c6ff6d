import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { type ConnectedChannel, connectChannel, RemoteError, type Transport } from '@bowline/channel';
import type { BowlineError, ChannelDefinition, Clock } from '@bowline/contracts';
import { afterEach, describe, expect, test } from 'vitest';
import { type ConformanceChannel, conformanceChannel, REFUSED_GREETING } from './conformance-channel.ts';
import { memoryLogger } from './memory-logger.ts';

/** A transport under test: the caller's end here, `serveConformanceChannel` at the far end. */
export interface ChannelArrangement {
  readonly transport: Transport;
  /** Ends the far side without a word, as a crash does. */
  readonly kill: () => void;
  /** Gives everything back. */
  readonly end: () => void | Promise<void>;
}

/** How {@link channelConformance} is told about one transport. */
export interface ChannelImplementation {
  readonly name: string;
  readonly setup: () => ChannelArrangement | Promise<ChannelArrangement>;
  /** The machine's clock: the far side may be a real process. */
  readonly clock: Clock;
  /** Messages pass without being copied, so that what no wire carries does arrive. @defaultValue false */
  readonly isByReference?: boolean;
  /** Whether an accepted connection can be handed over. @defaultValue false */
  readonly carriesConnections?: boolean;
}

/**
 * What every transport, together with `connectChannel` and `serveChannel`, owes both of its sides.
 *
 * Long because it is a list of facts, each with the test of it.
 */
export const channelConformance = ({
  name,
  setup,
  clock,
  isByReference = false,
  carriesConnections = false,
}: ChannelImplementation): void => {
  describe(`a channel over ${name}`, () => {
    const ends: (() => void | Promise<void>)[] = [];
    const logger = memoryLogger();

    const arrange = async (): Promise<ChannelArrangement> => {
      const arrangement = await setup();
      ends.push(arrangement.end);
      return arrangement;
    };
    const connectTo = async (
      transport: Transport,
      definition: ChannelDefinition = conformanceChannel,
    ): Promise<ConnectedChannel<ConformanceChannel>> => {
      const client = await connectChannel(definition as ConformanceChannel, transport, { clock, logger });
      ends.push(() => client.close());
      return client;
    };
    const connect = async (): Promise<ConnectedChannel<ConformanceChannel>> => connectTo((await arrange()).transport);

    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    test('a request is answered', async () => {
      const client = await connect();
      expect(await client.request('echo', { text: 'grüß\u0000\u2028 👋', none: null, list: [1, -0.5] })).toEqual({
        text: 'grüß\u0000\u2028 👋',
        none: null,
        list: [1, -0.5],
      });
    });

    test('a request without a value is answered without a value', async () => {
      const client = await connect();
      expect(await client.request('echo', undefined)).toBeUndefined();
      expect(await client.request('note', { number: 1 })).toBeUndefined();
    });

    test('an error of ours keeps name, code, message, stage, retryable, data and causes', async () => {
      const client = await connect();
      const error = await rejectionOf(client.request('failKnown', {}));
      expect(error).toBeInstanceOf(RemoteError);
      expect(error).toMatchObject({
        name: 'BowlineError',
        code: 'CONFORMANCE_FAILED',
        message: 'It failed, as it was asked to.',
        retryable: true,
        stage: 'handshake',
        data: { attempts: 3, path: ['relay', 'direct'] },
        cause: {
          code: 'CONFORMANCE_INNER',
          retryable: false,
          cause: { code: 'INTERNAL', message: 'connect ECONNREFUSED', data: { systemCode: 'ECONNREFUSED' } },
        },
      });
    });

    test('any other error is INTERNAL and keeps name and message', async () => {
      const client = await connect();
      expect(await rejectionOf(client.request('failUnknown', {}))).toMatchObject({
        name: 'TypeError',
        code: 'INTERNAL',
        message: 'nobody expected this',
        retryable: false,
      });
    });

    test('a request the channel does not have is refused', async () => {
      const client = await connect();
      const error = await rejectionOf(client.request('toString' as 'echo', {}));
      expect(error.code).toBe('CHANNEL_UNKNOWN_REQUEST');
    });

    test('cancelling rejects the request and aborts its handler', async () => {
      const client = await connect();
      const cancel = new AbortController();
      const began = nextOf(client, 'hang.began');
      const aborted = nextOf(client, 'hang.aborted');
      const hanging = rejectionOf(client.request('hang', {}, { signal: cancel.signal }));
      await began;
      cancel.abort();
      expect((await hanging).code).toBe('CHANNEL_CANCELLED');
      expect(await aborted).toEqual({ code: 'CHANNEL_CANCELLED' });
    });

    test('a request cancelled beforehand is not asked', async () => {
      const client = await connect();
      const error = await rejectionOf(client.request('note', { number: 9 }, { signal: AbortSignal.abort() }));
      expect(error.code).toBe('CHANNEL_CANCELLED');
      expect(await client.request('notes', {})).toEqual({ numbers: [] });
    });

    test('a passed deadline rejects the request and aborts its handler', async () => {
      const client = await connect();
      const aborted = nextOf(client, 'hang.aborted');
      const error = await rejectionOf(client.request('hang', {}, { deadlineMs: 20 }));
      expect(error).toMatchObject({
        code: 'CHANNEL_DEADLINE',
        retryable: true,
        data: { verb: 'hang', deadlineMs: 20 },
      });
      await aborted;
    });

    test('requests arrive in the order they were asked', async () => {
      const client = await connect();
      const numbers = Array.from({ length: 500 }, (_, number) => number);
      await Promise.all(numbers.map((number) => client.request('note', { number })));
      expect(await client.request('notes', {})).toEqual({ numbers });
    });

    test('events are told in order, all of them before the answer that follows them', async () => {
      const client = await connect();
      const heard: number[] = [];
      client.on('counted', ({ number }) => heard.push(number));
      await client.request('count', { count: 500 });
      expect(heard).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    });

    test('a listener that throws is logged and does not stop the others', async () => {
      const client = await connect();
      const heard: number[] = [];
      client.on('counted', () => {
        throw new Error('a bad listener');
      });
      client.on('counted', ({ number }) => heard.push(number));
      await client.request('count', { count: 2 });
      expect(heard).toEqual([1, 2]);
      expect(logger.lines.at(-1)).toMatchObject({ level: 'error', message: 'listener of an event failed' });
    });

    test('a listener hears nothing after it was cancelled', async () => {
      const client = await connect();
      const heard: number[] = [];
      const stop = client.on('counted', ({ number }) => heard.push(number));
      await client.request('count', { count: 1 });
      stop();
      stop();
      await client.request('count', { count: 1 });
      expect(heard).toEqual([1]);
    });

    test('the end of the other side rejects every open request with the reason', async () => {
      const { transport, kill } = await arrange();
      const client = await connectTo(transport);
      const open = Promise.all([rejectionOf(client.request('hang', {})), rejectionOf(client.request('hang', {}))]);
      kill();
      for (const error of await open) expect(error).toMatchObject({ code: 'CHANNEL_CLOSED', retryable: true });
      const { data } = await client.closed;
      expect(String(data.reason)).not.toBe('');
      expect((await rejectionOf(client.request('echo', 1))).data).toEqual(data);
    });

    test('a far side that is gone already rejects the handshake', async () => {
      const { transport, kill } = await arrange();
      kill();
      expect((await rejectionOf(connectTo(transport))).code).toBe('CHANNEL_CLOSED');
    });

    test('closing rejects what is open, and nothing can be asked afterwards', async () => {
      const client = await connect();
      const open = rejectionOf(client.request('hang', {}));
      client.close('the test is over');
      client.close('a second time');
      expect(await open).toMatchObject({ code: 'CHANNEL_CLOSED', data: { reason: 'the test is over' } });
      expect((await rejectionOf(client.request('echo', 1))).code).toBe('CHANNEL_CLOSED');
      expect((await client.closed).data.reason).toBe('the test is over');
    });

    test('what was posted before the end arrives before the end', async () => {
      const client = await connect();
      const sizeBytes = 2_000_000;
      const answer = await client.request('lastWords', { sizeBytes });
      expect(answer.length).toBe(sizeBytes);
      expect((await client.closed).code).toBe('CHANNEL_CLOSED');
    });

    test('another version of the channel is refused', async () => {
      const { transport } = await arrange();
      const error = await rejectionOf(connectTo(transport, { ...conformanceChannel, version: 4 }));
      expect(error.code).toBe('CHANNEL_VERSION_MISMATCH');
      expect(error.message).toContain('version 3');
      expect(error.message).toContain('version 4');
    });

    test('another channel is refused', async () => {
      const { transport } = await arrange();
      const error = await rejectionOf(connectTo(transport, { ...conformanceChannel, name: 'other' }));
      expect(error.code).toBe('CHANNEL_VERSION_MISMATCH');
    });

    test('a serving side that fails to open refuses with its error', async () => {
      const { transport } = await arrange();
      const connecting = connectChannel(conformanceChannel, transport, { clock, greeting: REFUSED_GREETING });
      expect(await rejectionOf(connecting)).toMatchObject({
        code: 'CONFORMANCE_REFUSED',
        message: 'Not this greeting.',
      });
    });

    test('a mebibyte of bytes arrives as it was', async () => {
      const client = await connect();
      const bytes = Uint8Array.from({ length: 1_048_576 }, (_, index) => (index * 31) % 251);
      const answer = (await client.request('echo', { bytes: bytes.subarray(1), none: new Uint8Array() })) as {
        readonly bytes: Uint8Array;
        readonly none: Uint8Array;
      };
      expect(answer.bytes).toBeInstanceOf(Uint8Array);
      expect(Buffer.compare(answer.bytes, bytes.subarray(1))).toBe(0);
      expect(answer.none).toEqual(new Uint8Array());
    });

    if (carriesConnections) {
      test('a connection arrives with every byte its peer sent, before and after', async () => {
        const client = await connect();
        const { near, accepted } = await tcpPair('before ');
        ends.push(() => void near.destroy());
        expect(await client.passConnection(accepted)).toBe(true);
        near.write('after');
        expect(await textOf(near, 'before after'.length)).toBe('before after');
      });

      test('a connection that can no longer be handed over stays with its owner', async () => {
        const client = await connect();
        client.close();
        const { near, accepted } = await tcpPair('');
        ends.push(() => void near.destroy());
        expect(await client.passConnection(accepted)).toBe(false);
        accepted.end('mine');
        expect(await textOf(near, 'mine'.length)).toBe('mine');
      });
    } else {
      test('a connection is not handed over', async () => {
        const client = await connect();
        const { near, accepted } = await tcpPair('');
        ends.push(() => void near.destroy());
        expect(await client.passConnection(accepted)).toBe(false);
        accepted.destroy();
      });
    }

    if (!isByReference) {
      test('what cannot be carried rejects its own request and no other', async () => {
        const client = await connect();
        const [sent, answered] = await Promise.all([
          rejectionOf(client.request('echo', { callback: () => undefined })),
          rejectionOf(client.request('answerFunction', {})),
        ]);
        expect([sent.code, answered.code]).toEqual(['CHANNEL_UNCARRIABLE', 'CHANNEL_UNCARRIABLE']);
        expect(await client.request('echo', 'still there')).toBe('still there');
      });
    }
  });
};

const rejectionOf = async (promise: Promise<unknown>): Promise<BowlineError> => {
  const outcome = await promise.then(
    () => 'it was answered',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Error);
  return outcome as BowlineError;
};

const nextOf = (client: ConnectedChannel<ConformanceChannel>, event: 'hang.began' | 'hang.aborted'): Promise<unknown> =>
  new Promise((resolve) => {
    client.on(event, resolve);
  });

/** A connection on loopback, accepted paused, its other end, and what that has sent already. */
const tcpPair = async (sent: string): Promise<{ readonly near: Socket; readonly accepted: Socket }> => {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepting = once(server, 'connection');
  const near = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
  near.write(sent);
  const [accepted] = await accepting;
  server.close();
  return { near, accepted };
};

const textOf = async (socket: Socket, lengthBytes: number): Promise<string> => {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.length >= lengthBytes) break;
  }
  return text;
};
