import { brandAs, type ConnectionId } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { expect, test } from 'vitest';
import { ENDPOINT_DEFAULTS, type EndpointOptions } from '../src/index.ts';
import { sendQueue } from '../src/send-queue.ts';

const NEVER = new AbortController().signal;

/** A queue whose writes wait until they are let through. */
const setUp = (options: Partial<EndpointOptions> = {}) => {
  const written: number[][] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const failures: unknown[] = [];
  const queue = sendQueue({
    connectionId: brandAs<ConnectionId>('c'),
    options: { ...ENDPOINT_DEFAULTS, ...options },
    write: (piece) => {
      written.push(piece);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    onFailed: (error) => failures.push(error),
  });
  const pass = async (): Promise<void> => {
    waiting.shift()?.resolve();
    await settle();
  };
  return { queue, written, waiting, failures, pass };
};

test('writes one at a time; what waits meanwhile shares the next write', async () => {
  const { queue, written, pass } = setUp();
  const sent = [1, 2, 3].map((byte) => queue.send(Uint8Array.of(byte), NEVER));
  await settle();
  expect(written).toEqual([[0, 0, 0, 1, 1]]);
  await pass();
  expect(written[1]).toEqual([0, 0, 0, 1, 2, 0, 0, 0, 1, 3]);
  await pass();
  await Promise.all(sent);
});

test('a frame larger than one write resolves when all of it is written', async () => {
  const { queue, written, pass } = setUp();
  let isSent = false;
  const sent = queue.send(new Uint8Array(100_000), NEVER).then(() => {
    isSent = true;
  });
  await pass();
  expect(isSent).toBe(false);
  await pass();
  await sent;
  expect(written).toHaveLength(2);
});

test('cancelling takes a waiting frame out and leaves the others', async () => {
  const { queue, written, pass } = setUp();
  const first = queue.send(Uint8Array.of(1), NEVER);
  const cancelling = new AbortController();
  const second = queue.send(Uint8Array.of(2), cancelling.signal);
  const third = queue.send(Uint8Array.of(3), NEVER);
  cancelling.abort();
  await expect(second).rejects.toMatchObject({ code: 'CHANNEL_CANCELLED' });
  await pass();
  await pass();
  await Promise.all([first, third]);
  expect(written).toEqual([
    [0, 0, 0, 1, 1],
    [0, 0, 0, 1, 3],
  ]);
});

test('cancelling a frame that is being written rejects at once and keeps the stream whole', async () => {
  const { queue, written, pass } = setUp();
  const cancelling = new AbortController();
  const cancelled = queue.send(new Uint8Array(100_000), cancelling.signal);
  cancelling.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'CHANNEL_CANCELLED' });
  const next = queue.send(Uint8Array.of(9), NEVER);
  await pass();
  await pass();
  await pass();
  await next;
  expect(written.flat()).toHaveLength(100_004 + 5);
});

test('refuses to hold more than its bounds, but always one frame', async () => {
  const { queue, pass } = setUp({ maxQueuedSendBytes: 10, maxQueuedSends: 2 });
  const writing = queue.send(Uint8Array.of(0), NEVER);
  const large = queue.send(new Uint8Array(50), NEVER);
  await expect(queue.send(Uint8Array.of(1), NEVER)).rejects.toMatchObject({ code: 'SEND_QUEUE_FULL', retryable: true });
  await pass();
  await pass();
  await Promise.all([writing, large]);
  const small = [0, 1, 2].map(() => queue.send(new Uint8Array(), NEVER));
  await expect(queue.send(new Uint8Array(), NEVER)).rejects.toMatchObject({ code: 'SEND_QUEUE_FULL' });
  await pass();
  await pass();
  await Promise.all(small);
});

test('a frame beyond the ceiling is refused', async () => {
  const { queue } = setUp({ frameCeilingBytes: 4 });
  await expect(queue.send(new Uint8Array(5), NEVER)).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' });
});

test('the end of the connection rejects what waits and what comes', async () => {
  const { queue } = setUp();
  const sends = [1, 2].map((byte) => queue.send(Uint8Array.of(byte), NEVER));
  const rejected = sends.map((send) => expect(send).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' }));
  queue.end();
  await Promise.all(rejected);
  await expect(queue.send(Uint8Array.of(3), NEVER)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
});

test('a write that fails ends the queue and says so', async () => {
  const { queue, waiting, failures } = setUp();
  const sends = [1, 2].map((byte) =>
    expect(queue.send(Uint8Array.of(byte), NEVER)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' }),
  );
  waiting.shift()?.reject(new Error('Stopped(0)'));
  await Promise.all(sends);
  expect(failures).toHaveLength(1);
});

test('a caller that is gone already sends nothing', async () => {
  const { queue, written } = setUp();
  await expect(queue.send(Uint8Array.of(1), AbortSignal.abort())).rejects.toMatchObject({ code: 'CHANNEL_CANCELLED' });
  expect(written).toEqual([]);
});
