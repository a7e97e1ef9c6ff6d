import { type Duplex, duplexPair } from 'node:stream';
import { brandAs, type StreamId } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { type FrameName, frameHead, frameReader, type TcpFrame } from '../src/frame.ts';
import { TCP_TRANSPORT_DEFAULTS } from '../src/index.ts';
import { tcpConnection } from '../src/tcp-connection.ts';

/** What one side writes is read by the other some turns later. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A connection that the peer has dialled; the peer is a script. */
const connection = () => {
  const [ours, theirs] = duplexPair();
  const clock = fakeClock();
  const told: string[] = [];
  const heard: TcpFrame[] = [];
  const reader = frameReader();
  const own = tcpConnection({
    connectionId: brandAs('c-1'),
    socket: ours,
    dialledBy: 'peer',
    clock,
    options: TCP_TRANSPORT_DEFAULTS,
    listener: {
      onOpened: (streamId) => told.push(`opened ${streamId}`),
      onReceived: (streamId, bytes) => told.push(`received ${streamId} ${bytes.byteLength}`),
      onEnded: (streamId) => told.push(`ended ${streamId}`),
      onLeft: (streamId, code) => told.push(`left ${streamId} ${code}`),
      onClosed: (reason, wasInUse) => told.push(`closed ${reason}${wasInUse ? ', in use' : ''}`),
    },
  });
  const listen = (socket: Duplex = theirs) =>
    socket.on('data', (bytes: Uint8Array) => reader.push(bytes, (frame) => heard.push(frame)));
  const say = async (name: FrameName, stream: number, bytes: Uint8Array = new Uint8Array()): Promise<void> => {
    theirs.write(Buffer.concat([frameHead(name, stream, bytes.byteLength), bytes]));
    await settle();
  };
  return { own, clock, told, heard, listen, say, theirs };
};

const ONE = Uint8Array.of(1);

describe('a TCP connection', () => {
  it('lets only the side that dialled open odd streams, each once and in order', async () => {
    for (const [first, second] of [
      [3, 1],
      [1, 1],
      [1, 2],
    ] as const) {
      const { say, told } = connection();
      await say('open', first, ONE);
      await say('open', second, ONE);
      expect(told.at(-1)).toBe(
        'closed The other side broke the protocol of TCP connections: a stream is opened out of order., in use',
      );
    }
  });

  it('refuses what follows an end, and passes over what was left', async () => {
    const { say, told, own } = connection();
    await say('open', 1, ONE);
    own.leave(brandAs<StreamId>('in-1'), 7);
    await say('data', 1, ONE);
    await say('open', 3, ONE);
    await say('last', 3);
    expect(told).toEqual(['opened in-1', 'received in-1 1', 'opened in-3', 'received in-3 1', 'ended in-3']);
    await say('data', 3, ONE);
    expect(told.at(-1)).toContain('something follows the end');
  });

  it('gives back the memory of what came once that is taken', async () => {
    const { own, theirs, told } = connection();
    const block = new Uint8Array(Buffer.concat([frameHead('open', 1, 5_000), Buffer.alloc(5_000, 7)]));
    theirs.write(block);
    await settle();
    own.taken(4_999);
    expect([told.at(-1), block.byteLength]).toEqual(['received in-1 5000', 5_008]);
    own.taken(1);
    expect(block.byteLength).toBe(0);
  });

  it('gives back streams beyond 320', async () => {
    const { say, told, heard, listen } = connection();
    listen();
    for (let count = 0; count < 322; count += 1) await say('open', 1 + 2 * count, ONE);
    expect(told.filter((line) => line.startsWith('opened'))).toHaveLength(320);
    expect(heard.filter(({ name }) => name === 'leave').map(({ stream }) => stream)).toEqual([641, 643]);
  });

  it('answers whether it is there, and ends with whoever asks and never listens', async () => {
    const { say, heard, listen } = connection();
    listen();
    await say('ask', 0);
    expect(heard).toMatchObject([{ name: 'alive' }]);
    const flooded = connection();
    const asks = Buffer.concat(Array.from({ length: 8_192 }, () => frameHead('ask', 0, 0)));
    for (let round = 0; round < 100 && flooded.told.length === 0; round += 1) {
      flooded.theirs.write(asks);
      await settle();
    }
    expect(flooded.told).toEqual(['closed it asks and does not read']);
  });

  it('says that it is there while streams are on it, and nothing otherwise', async () => {
    const { say, clock, heard, listen } = connection();
    listen();
    await clock.advance(10_000);
    expect(heard).toEqual([]);
    await say('open', 1, ONE);
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(300);
      await say('alive', 0);
    }
    expect(heard.map(({ name }) => name)).toEqual(Array.from({ length: 5 }, () => 'alive'));
  });

  it('is not given up for a time in which this side was held up or read nothing', async () => {
    const { say, clock, told } = connection();
    await say('open', 1, ONE);
    for (let round = 0; round < 3; round += 1) await say('data', 1, new Uint8Array(65_536));
    for (let round = 0; round < 80; round += 1) await say('data', 1, new Uint8Array(65_536));
    await clock.advance(10_000);
    expect(told.filter((line) => line.startsWith('closed'))).toEqual([]);
  });

  it('is over when the other side ends it', async () => {
    const { say, told, theirs, own } = connection();
    await say('open', 1, ONE);
    theirs.end();
    await settle();
    expect(told.at(-1)).toBe('closed the other side ended it, in use');
    await expect(own.open(brandAs('out-1'), ONE)).rejects.toMatchObject({ code: 'TCP_CONNECTION_CLOSED' });
    expect(await own.prove()).toBe(false);
  });
});
