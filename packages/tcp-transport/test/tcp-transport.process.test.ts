import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { brandAs, parseHostPort, type SocketAddress } from '@bowline/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { bytesOf, FAR, life, NEAR, TwoTransports, told } from './two-transports.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const portOf = (addresses: readonly SocketAddress[]): number => parseHostPort(addresses[0] ?? '')?.port ?? 0;

const listen = async (onSocket: (socket: Socket) => void): Promise<readonly SocketAddress[]> => {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return [brandAs<SocketAddress>(`127.0.0.1:${address.port}`)];
};

const dial = async (port: number, localAddress = '127.0.0.1'): Promise<Socket> => {
  const socket = connectTcp({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  closing.push(() => socket.destroy());
  // What is not read would keep its end from being heard.
  return socket.resume();
};

/** Passes everything on, remembers what the dialling side said, and can fall silent. */
const middleman = async (port: number) => {
  const said: Buffer[] = [];
  const sockets: Socket[] = [];
  const addresses = await listen((socket) => {
    const onwards = connectTcp(port, '127.0.0.1');
    onwards.on('error', () => undefined);
    sockets.push(socket, onwards);
    socket.on('data', (bytes: Buffer) => said.push(bytes));
    socket.pipe(onwards).pipe(socket);
    closing.push(() => {
      socket.destroy();
      onwards.destroy();
    });
  });
  const fallSilent = (): void => {
    for (const socket of sockets) {
      socket.unpipe();
      socket.pause();
      socket.removeAllListeners('data');
    }
  };
  return { addresses, said, fallSilent };
};

/** Connects two linked devices, with somebody between them. @returns also the port that the far one listens at */
const connectByMiddleman = async (both: TwoTransports) => {
  const port = portOf(await both.link(life(1)));
  const between = await middleman(port);
  await both.link(life(1), () => between.addresses);
  const { here } = await both.connect();
  return { port, between, here };
};

const PSK_SUITE = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;

/** Whether somebody with this key is let in; one who is stays connected, one who is not is closed. */
const isLetIn = async (
  port: number,
  psk?: { readonly identity: string; readonly secret: Uint8Array },
): Promise<boolean> => {
  const socket = connectTls({
    ...PSK_SUITE,
    port,
    host: '127.0.0.1',
    checkServerIdentity: () => undefined,
    ...(psk === undefined ? {} : { pskCallback: () => ({ identity: psk.identity, psk: psk.secret }) }),
  });
  closing.push(() => socket.destroy());
  return new Promise((resolve) => {
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    // Asked whether it is there, only a device answers.
    socket.on('secureConnect', () => socket.write(Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0)));
    socket.on('data', () => resolve(true));
  });
};

describe('TCP connections', () => {
  it('carry streams both ways, many at once, and end them in order', async () => {
    await using both = await TwoTransports.start();
    await both.link(life(1));
    const { here, there } = await both.connect();
    const { near, far } = both;
    const sent = Buffer.alloc(200_000, 'abcdefg');
    const ids = [both.streamId(), both.streamId()];
    for (const streamId of ids) {
      await near.client.request('openStream', { connectionId: here, streamId, first: sent.subarray(0, 60_000) });
    }
    for (const streamId of ids) {
      const on = { connectionId: here, streamId };
      await near.client.request('writeStream', {
        ...on,
        pieces: [sent.subarray(60_000, 90_000), sent.subarray(90_000, 120_000)],
        isLast: false,
      });
      await near.client.request('writeStream', { ...on, pieces: [sent.subarray(120_000, 180_000)], isLast: false });
      await near.client.request('writeStream', { ...on, pieces: [sent.subarray(180_000)], isLast: true });
    }
    const second = await told(far, 'stream.ended', ({ streamId }) => streamId === brandAs('in-3'));
    expect(far.toldOf('stream.opened').map(({ streamId }) => streamId)).toEqual(['in-1', 'in-3']);
    expect(bytesOf(far, brandAs('in-1')).equals(sent)).toBe(true);
    expect(bytesOf(far, brandAs('in-3')).equals(sent)).toBe(true);
    const answer = { connectionId: there, streamId: second.streamId, pieces: [Buffer.from('yes')], isLast: true };
    await far.client.request('writeStream', answer);
    await told(near, 'stream.ended');
    expect(bytesOf(near, ids[1] ?? brandAs('')).toString()).toBe('yes');
    await expect(far.client.request('writeStream', answer)).rejects.toMatchObject({ code: 'TCP_STREAM_CLOSED' });
    const { connections } = await near.client.request('status', {});
    expect(connections).toMatchObject([{ deviceId: FAR, dialledBy: 'us' }]);
    expect(connections[0]?.sentBytes).toBeGreaterThan(400_000);
  });

  it('tell that a stream was left, with its code, and nothing more of it', async () => {
    await using both = await TwoTransports.start();
    await both.link(life(1));
    const { here, there } = await both.connect();
    const streamId = both.streamId();
    await both.near.client.request('openStream', { connectionId: here, streamId, first: Uint8Array.of(1) });
    const { streamId: theirs } = await told(both.far, 'stream.opened');
    await both.far.client.request('leaveStream', { connectionId: there, streamId: theirs, code: 2 ** 32 });
    expect(await told(both.near, 'stream.left')).toEqual({ connectionId: here, streamId, code: 2 ** 32 });
    const late = { connectionId: here, streamId, pieces: [Uint8Array.of(2)], isLast: false };
    await expect(both.near.client.request('writeStream', late)).rejects.toMatchObject({ code: 'TCP_STREAM_CLOSED' });
  });

  it('hold a writer whose bytes nobody takes, and go on when they are taken', async () => {
    await using both = await TwoTransports.start({ windowBytes: 100_000 });
    await both.link(life(1));
    const { here, there } = await both.connect();
    const streamId = both.streamId();
    await both.near.client.request('openStream', { connectionId: here, streamId, first: Uint8Array.of(1) });
    const write = () =>
      both.near.client.request('writeStream', {
        connectionId: here,
        streamId,
        pieces: [new Uint8Array(60_000)],
        isLast: false,
      });
    let held: Promise<void> | null = null;
    let isHeld = false;
    for (let writes = 0; !isHeld && writes < 2_000; writes += 1) {
      held = write();
      const turns = (async () => {
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        return 'held' as const;
      })();
      isHeld = (await Promise.race([held, turns])) === 'held';
    }
    expect(isHeld).toBe(true);
    expect(both.far.toldOf('stream.received').reduce((sum, { bytes }) => sum + bytes.byteLength, 0)).toBeLessThan(
      400_000,
    );
    both.far.client.on('stream.received', ({ bytes }) => {
      void both.far.client.request('taken', { connectionId: there, bytes: bytes.byteLength });
    });
    await both.far.client.request('taken', { connectionId: there, bytes: 10_000_000 });
    await held;
  });

  it('are between the two of a link, each by the key for it, and nobody else', async () => {
    await using both = await TwoTransports.start();
    const { nearDialled, farDialled } = life(1);
    const port = portOf(await both.link(life(1)));
    expect(await isLetIn(port, nearDialled)).toBe(true);
    // The other side's own key, led back to it.
    expect(await isLetIn(port, farDialled)).toBe(false);
    expect(await isLetIn(port, { identity: nearDialled.identity, secret: farDialled.secret })).toBe(false);
    expect(await isLetIn(port, life(2).nearDialled)).toBe(false);
    expect(await isLetIn(port)).toBe(false);
    expect(both.far.toldOf('connection.opened')).toHaveLength(1);
  });

  it('end with their link, and its keys open nothing afterwards', async () => {
    await using both = await TwoTransports.start();
    const port = portOf(await both.link(life(1)));
    const { here, there } = await both.connect();
    const { nearDialled, farDialled } = life(2);
    await both.far.client.request('setLinks', {
      links: [{ deviceId: NEAR, dialled: farDialled, accepted: nearDialled, addresses: [] }],
      listenAt: ['127.0.0.1'],
      dialFrom: [],
    });
    expect((await told(both.far, 'connection.closed')).connectionId).toBe(there);
    expect((await told(both.near, 'connection.closed')).connectionId).toBe(here);
    expect(await isLetIn(port, life(1).nearDialled)).toBe(false);
    expect(await isLetIn(port, nearDialled)).toBe(true);
  });

  it('are not made from what was heard of one: a handshake that is said again gets nothing', async () => {
    await using both = await TwoTransports.start();
    const { port, between, here } = await connectByMiddleman(both);
    await both.near.client.request('openStream', {
      connectionId: here,
      streamId: both.streamId(),
      first: Buffer.from('secret words'),
    });
    await told(both.far, 'stream.received');
    const heard = Buffer.concat(between.said);
    expect(heard.includes('secret words')).toBe(false);
    const opened = both.far.toldOf('stream.opened').length;
    const replay = await dial(port);
    replay.write(heard);
    await once(replay, 'close');
    expect(both.far.toldOf('stream.opened')).toHaveLength(opened);
    expect(both.far.toldOf('connection.opened')).toHaveLength(1);
  });

  it('do not take another for the device that was dialled', async () => {
    await using both = await TwoTransports.start();
    await using other = await TwoTransports.start();
    const elsewhere = await other.link(life(9));
    const silent = await listen(() => undefined);
    await both.link(life(1), () => [...elsewhere, ...silent]);
    const dialled = both.near.client.request('connect', { deviceId: FAR });
    dialled.catch(() => undefined);
    await both.near.clock.advance(2_000);
    await expect(dialled).rejects.toMatchObject({ code: 'TCP_UNREACHABLE', data: { retryAfterMs: 2_000 } });
    expect(both.near.toldOf('dial.failed')).toEqual([{ deviceId: FAR, failure: expect.any(String) }]);
    expect(other.far.toldOf('connection.opened')).toEqual([]);
  });

  it('are not tried again too soon, and each time later, until the device is elsewhere', async () => {
    await using both = await TwoTransports.start();
    const reachable = await both.link(life(1), () => []);
    const retryAfterMs = async (): Promise<unknown> => {
      const error = await both.near.client.request('connect', { deviceId: FAR }).catch((thrown: unknown) => thrown);
      return (error as { readonly data: { readonly retryAfterMs: number } }).data.retryAfterMs;
    };
    expect(await retryAfterMs()).toBe(2_000);
    expect(await retryAfterMs()).toBe(2_000);
    expect(both.near.toldOf('dial.failed')).toHaveLength(1);
    await both.near.clock.advance(2_000);
    expect(await retryAfterMs()).toBe(4_000);
    const standing = async () => (await both.near.client.request('status', {})).links;
    expect(await standing()).toEqual([{ deviceId: FAR, isDiallable: false, lastAttempt: 'failed', lastFailure: null }]);
    await both.link(life(1), () => reachable);
    expect(await standing()).toEqual([{ deviceId: FAR, isDiallable: true, lastAttempt: null, lastFailure: null }]);
    await both.connect();
    expect(await standing()).toEqual([{ deviceId: FAR, isDiallable: true, lastAttempt: 'stood', lastFailure: null }]);
  });

  it('that fall silent in use are closed within 1.5 s on both sides', async () => {
    await using both = await TwoTransports.start();
    const { between, here } = await connectByMiddleman(both);
    await both.near.client.request('openStream', {
      connectionId: here,
      streamId: both.streamId(),
      first: Uint8Array.of(1),
    });
    await told(both.far, 'stream.opened');
    between.fallSilent();
    for (const side of [both.near, both.far]) {
      await side.clock.advance(1_500);
      expect(side.toldOf('connection.closed')).toHaveLength(1);
      expect((await side.client.request('status', {})).links).toMatchObject([{ lastAttempt: 'lost' }]);
    }
  });

  it('that nobody uses are closed, and one that died meanwhile is not given out', async () => {
    await using both = await TwoTransports.start();
    const port = portOf(await both.link(life(1)));
    const between = await middleman(port);
    await both.link(life(1), () => between.addresses);
    await both.connect();
    between.fallSilent();
    await both.link(life(1));
    const connecting = both.connect();
    await both.near.clock.advance(1_500);
    await connecting;
    expect(both.near.toldOf('connection.closed')).toHaveLength(1);
    await both.near.clock.advance(30_000);
    expect(both.near.toldOf('connection.closed')).toHaveLength(2);
    expect((await both.near.client.request('status', {})).links).toMatchObject([{ lastAttempt: 'stood' }]);
  });

  it('of strangers are few, short, and of few bytes', async () => {
    await using both = await TwoTransports.start();
    const port = portOf(await both.link(life(1)));
    const waiting = await Promise.all([dial(port), dial(port), dial(port), dial(port)]);
    const fifth = await dial(port);
    await once(fifth, 'close');
    const [talkative, ...silent] = waiting as [Socket, ...Socket[]];
    const closed = once(talkative, 'close');
    // The beginning of a handshake message of 100 kB, in as many records as it takes.
    const record = Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0]), Buffer.alloc(0x4000, 1)]);
    record.set([1, 1, 0x86, 0xa0], 5);
    talkative.write(record);
    for (let turn = 0; turn < 200 && !talkative.destroyed; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await both.far.clock.advance(5);
    }
    await closed;
    const ends = Promise.all(silent.map((socket) => once(socket, 'close')));
    await both.far.clock.advance(2_000);
    await ends;
    await both.connect();
  });

  it('of one stranger, however many there are, leave the device reachable for its own', async () => {
    await using both = await TwoTransports.start();
    const port = portOf(await both.link(life(1)));
    const { here } = await both.connect();
    for (let round = 0; round < 300; round += 1) (await dial(port)).destroy();
    await both.near.client.request('openStream', {
      connectionId: here,
      streamId: both.streamId(),
      first: Uint8Array.of(1),
    });
    await told(both.far, 'stream.received');
  });

  it('of strangers at many addresses leave places for the addresses of linked devices', async () => {
    await using both = await TwoTransports.start();
    const port = portOf(await both.link(life(1)));
    await Promise.all(Array.from({ length: 16 }, (_, index) => dial(port, `127.0.0.${10 + (index % 4)}`)));
    await once(await dial(port, '127.0.0.20'), 'close');
    await expect(both.near.client.request('connect', { deviceId: FAR })).rejects.toThrow('TCP');
    const { nearDialled: accepted, farDialled: dialled } = life(1);
    const near = { deviceId: NEAR, dialled, accepted, addresses: [brandAs<SocketAddress>('127.0.0.1:9')] };
    await both.far.client.request('setLinks', { links: [near], listenAt: ['127.0.0.1'], dialFrom: [] });
    await both.near.clock.advance(2_000);
    await both.connect();
  });

  it('are listened for where it was told, and nowhere when it was told of no place', async () => {
    await using both = await TwoTransports.start();
    const port = portOf(await both.link(life(1)));
    await both.far.client.request('setLinks', { links: [], listenAt: [], dialFrom: [] });
    expect(await both.far.client.request('status', {})).toEqual({ listeningAt: [], links: [], connections: [] });
    const refused = connectTcp(port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(both.far.toldOf('listening.changed').at(-1)).toEqual({ addresses: [] });
  });
});
