import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type AlpnPolicy,
  type BindInput,
  type BoundEndpoint,
  brandAs,
  type ConnectionId,
  type DialInput,
  type EndpointChannel,
  type EndpointId,
  type SocketAddress,
} from '@bowline/contracts';
import { type ActorHarness, type EventRecorder, eventRecorder, freePort } from '@bowline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import type { EndpointOptions } from '../src/index.ts';
import { type HalfDeafProxy, halfDeafProxy } from './half-deaf-proxy.ts';
import { type RawPeer, rawPeer } from './raw-peer.ts';
import { systemEndpoint } from './system-endpoint.ts';

const OPEN: AlpnPolicy = { alpn: 'test/open/1', admit: 'anyone', maxFrameBytes: 1_000, maxIncoming: 1_000 };
const ALPN = OPEN.alpn;

/** For a machine that is busy with other tests. */
const PATIENCE = { timeout: 20_000 };

interface Device {
  readonly harness: ActorHarness<EndpointChannel>;
  readonly recorder: EventRecorder<EndpointChannel>;
  readonly bound: BoundEndpoint;
}

const devices: Device[] = [];
const rawPeers: RawPeer[] = [];
const proxies: HalfDeafProxy[] = [];
let dials = 0;

afterEach(async () => {
  for (const proxy of proxies.splice(0)) proxy.close();
  await Promise.all([
    ...devices.splice(0).map(({ harness }) => harness.actor.stop()),
    ...rawPeers.splice(0).map((peer) => peer.close()),
  ]);
});

const bindInput = (seed: number, changes: Partial<BindInput> = {}): BindInput => ({
  secretKey: new Uint8Array(32).fill(seed),
  protocols: [OPEN],
  loopbackRelayUrl: null,
  bindAddresses: ['127.0.0.1'],
  ...changes,
});

const device = async (seed: number, options: Partial<EndpointOptions> = {}, changes?: Partial<BindInput>) => {
  const harness = await systemEndpoint(options);
  const recorder = eventRecorder<EndpointChannel>(harness.client, [
    'connection.accepted',
    'connection.closed',
    'connection.refused',
    'frame.received',
  ]);
  const made: Device = { harness, recorder, bound: await harness.client.request('bind', bindInput(seed, changes)) };
  devices.push(made);
  return made;
};

const raw = async (seed: number): Promise<RawPeer> => {
  const peer = await rawPeer(seed, ALPN);
  rawPeers.push(peer);
  return peer;
};

const dialInput = (from: Device, to: BoundEndpoint, changes: Partial<DialInput> = {}): DialInput => {
  dials += 1;
  return {
    from: from.bound.endpointId,
    to: to.endpointId,
    connectionId: brandAs<ConnectionId>(`dial-${dials}`),
    alpn: ALPN,
    directAddresses: to.directAddresses,
    throughRelay: false,
    timeoutMs: 20_000,
    ...changes,
  };
};

const dial = (from: Device, to: BoundEndpoint, changes: Partial<DialInput> = {}) =>
  from.harness.client.request('dial', dialInput(from, to, changes));

const closeOf = async (side: Device, connectionId: ConnectionId) =>
  (await side.recorder.next('connection.closed', (payload) => payload.connectionId === connectionId)).close;

const boundOf = ({ endpoint }: RawPeer): BoundEndpoint => ({
  endpointId: brandAs<EndpointId>(Buffer.from(endpoint.id().toBytes()).toString('hex')),
  port: 1,
  directAddresses: endpoint.boundSockets().map((address) => brandAs<SocketAddress>(address)),
});

test('a port that is asked for is the port bound, and one that is taken is refused', async () => {
  const port = await freePort('udp');
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  const taken = device(1, {}, { port });
  await expect(taken).rejects.toMatchObject({ code: 'ENDPOINT_BIND_FAILED' });
  socket.close();
  await once(socket, 'close');
  const { bound } = await device(1, {}, { port });
  expect(bound.port).toBe(port);
  expect(bound.directAddresses).toContain(`127.0.0.1:${port}`);
});

describe('a peer that breaks the rules', () => {
  const connectRaw = async () => {
    const server = await device(1);
    const peer = await raw(2);
    const connection = await peer.connect(server.bound, ALPN);
    const { connectionId } = await server.recorder.next('connection.accepted');
    return { server, connection, connectionId };
  };

  test('by announcing an absurd frame is closed with frame-too-large', async () => {
    const { server, connection, connectionId } = await connectRaw();
    const stream = await connection.openBi();
    await stream.send.writeAll([0xff, 0xff, 0xff, 0xff]);
    expect(await closeOf(server, connectionId)).toMatchObject({ by: 'here', name: 'frame-too-large' });
    expect(await connection.closed()).toContain('(code 20)');
  });

  test.each(['openBi', 'openUni'] as const)('by a second stream (%s) is closed with protocol-error', async (open) => {
    const { server, connection, connectionId } = await connectRaw();
    const first = await connection.openBi();
    await first.send.writeAll([0, 0, 0, 1, 7]);
    await server.recorder.next('frame.received');
    const second = await connection[open]();
    await ('send' in second ? second.send : second).writeAll([1]);
    expect(await closeOf(server, connectionId)).toMatchObject({ by: 'here', name: 'protocol-error' });
  });

  test('by a one-way stream before any frame is closed too', async () => {
    const { server, connection, connectionId } = await connectRaw();
    const stream = await connection.openUni();
    await stream.writeAll([1]);
    expect(await closeOf(server, connectionId)).toMatchObject({ by: 'here', name: 'protocol-error' });
  });

  test('by opening a stream towards the side that dialled is closed with protocol-error', async () => {
    const client = await device(1);
    const peer = await raw(2);
    const { connectionId } = await dial(client, boundOf(peer));
    const stream = await (await peer.nextAccepted()).openBi();
    await stream.send.writeAll([1]);
    expect(await closeOf(client, connectionId)).toMatchObject({ by: 'here', name: 'protocol-error' });
  });

  test('by ending its stream in the middle of a frame loses the frame and the connection', async () => {
    const { server, connection, connectionId } = await connectRaw();
    const stream = await connection.openBi();
    await stream.send.writeAll([0, 0, 0, 9, 1, 2]);
    await stream.send.finish();
    expect(await closeOf(server, connectionId)).toMatchObject({ by: 'here', name: 'protocol-error' });
    expect(server.recorder.of('frame.received')).toEqual([]);
  });

  test('by a flood of empty frames does not keep a close from being heard', async () => {
    const { server, connection, connectionId } = await connectRaw();
    const stream = await connection.openBi();
    const flood = stream.send.writeAll(new Array<number>(400_000).fill(0)).catch(() => undefined);
    await server.recorder.next('frame.received');
    await server.harness.client.request('close', { connectionId, name: 'busy', reason: '' });
    const heard = server.recorder.of('frame.received').length;
    expect(heard).toBeLessThan(50_000);
    await flood;
    expect(server.recorder.of('frame.received')).toHaveLength(heard);
  });

  test('by never opening its stream only holds its place', async () => {
    const { server, connection, connectionId } = await connectRaw();
    const sending = server.harness.client.request('send', { connectionId, frame: Uint8Array.of(1) });
    const rejected = expect(sending).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await server.harness.client.request('close', { connectionId, name: 'timed-out', reason: '' });
    await rejected;
    expect(await connection.closed()).toContain('12');
  });
});

describe('a peer that does not read', () => {
  test('makes sends wait, which can be cancelled, are bounded, and end with the connection', async () => {
    const client = await device(1, { maxQueuedSends: 20, maxQueuedSendBytes: 8_000_000 });
    const peer = await raw(2);
    const { connectionId } = await dial(client, boundOf(peer));
    const cancelling = new AbortController();
    const frame = new Uint8Array(1_000_000);
    const outcomes: string[] = [];
    const send = (signal: AbortSignal): Promise<void> =>
      client.harness.client
        .request('send', { connectionId, frame }, { signal })
        .then(() => 'sent')
        .catch((error: { code: string }) => error.code)
        .then((outcome) => void outcomes.push(outcome));
    // iroh buffers 10 MB, then the writes wait; 8 MB more may queue here.
    const sends = Array.from({ length: 30 }, () => send(cancelling.signal));
    await expect
      .poll(() => outcomes.filter((outcome) => outcome === 'SEND_QUEUE_FULL').length, PATIENCE)
      .toBeGreaterThan(0);
    await expect.poll(() => outcomes.filter((outcome) => outcome === 'sent').length, PATIENCE).toBeGreaterThan(0);
    cancelling.abort();
    await Promise.all(sends);
    expect(outcomes).toContain('CHANNEL_CANCELLED');
    const last = send(new AbortController().signal);
    await client.harness.client.request('close', { connectionId, name: 'not-responding', reason: '' });
    await last;
    expect(outcomes.at(-1)).toBe('CONNECTION_CLOSED');
  });
});

describe('incoming handshakes', () => {
  test('that stall hold up no other', async () => {
    const server = await device(1);
    const proxy = await halfDeafProxy(server.bound.port, 0);
    proxies.push(proxy);
    const [stalled, honest] = [await raw(2), await device(3)];
    const stalling = stalled.connect(server.bound, ALPN, [proxy.address]).catch((error: Error) => error.message);
    await proxy.stalled;
    const info = await dial(honest, server.bound, { timeoutMs: 10_000 });
    expect(info.remoteEndpointId).toBe(server.bound.endpointId);
    await stalled.close();
    expect(await stalling).toBe('closed');
  });

  test('beyond the most at once are refused, until a stalled one is dropped', async () => {
    // Long enough for another one to be refused meanwhile on a busy machine.
    const server = await device(1, { maxPendingHandshakes: 1, handshakeTimeoutMs: 4_000 });
    // One answer passes, the demand to prove the address; after that the handshake stalls.
    const proxy = await halfDeafProxy(server.bound.port, 1);
    proxies.push(proxy);
    const [stalled, honest] = [await raw(2), await device(3)];
    const stalling = stalled.connect(server.bound, ALPN, [proxy.address]).catch((error: Error) => error.message);
    await proxy.stalled;
    await expect(dial(honest, server.bound)).rejects.toMatchObject({
      code: 'DIAL_FAILED',
      stage: 'handshake',
      retryable: true,
    });
    expect(await server.recorder.next('connection.refused')).toEqual({
      localEndpointId: server.bound.endpointId,
      remoteEndpointId: null,
      alpn: null,
      name: 'busy',
    });
    const outcome = (): Promise<string> =>
      dial(honest, server.bound).then(
        () => 'connected',
        () => 'refused',
      );
    await expect.poll(outcome, PATIENCE).toBe('connected');
    await stalled.close();
    await stalling;
  });
});

test('stalled handshakes from one address do not keep others out', async () => {
  const server = await device(1, { maxPendingHandshakes: 2, maxPendingHandshakesPerSource: 1 });
  // One answer passes, the demand to prove the address; after that the handshake stalls.
  const proxy = await halfDeafProxy(server.bound.port, 1);
  proxies.push(proxy);
  const [stalled, neighbour] = [await raw(2), await device(3)];
  const stalling = stalled.connect(server.bound, ALPN, [proxy.address]).catch((error: Error) => error.message);
  await proxy.stalled;
  // A dial may come over `::1`, too, which is another source.
  const directAddresses = server.bound.directAddresses.filter((address) => address.startsWith('127.0.0.1:'));
  await expect(dial(neighbour, server.bound, { directAddresses })).rejects.toMatchObject({
    code: 'DIAL_FAILED',
    stage: 'handshake',
  });
  const elsewhere = await device(4, {}, { bindAddresses: ['127.0.0.2'] });
  expect((await dial(elsewhere, server.bound)).remoteEndpointId).toBe(server.bound.endpointId);
  await stalled.close();
  await stalling;
});

describe('dialling', () => {
  test('fails at once beyond the most attempts under way', async () => {
    const client = await device(1, { maxPendingDials: 1 });
    const [pending] = [
      dial(client, { ...boundOf(await raw(2)), directAddresses: [brandAs<SocketAddress>('127.0.0.1:9')] }),
    ];
    const cancelled = expect(pending).rejects.toMatchObject({ code: 'DIAL_FAILED', stage: 'dial' });
    const target = boundOf(await raw(3));
    await expect(dial(client, target)).rejects.toMatchObject({ code: 'DIAL_FAILED', retryable: true });
    await client.harness.client.request('unbind', { endpointId: client.bound.endpointId });
    await cancelled;
  });

  test('by hearsay leaves a quarter of the attempts to others, given up or not', async () => {
    const client = await device(1, { maxPendingDials: 4 });
    const target = boundOf(await raw(3));
    const nobody = boundOf(await raw(2));
    const hearsay = { isHearsay: true, directAddresses: [brandAs<SocketAddress>('127.0.0.1:9')], timeoutMs: 1 };
    for (let count = 0; count < 3; count += 1) {
      await expect(dial(client, nobody, hearsay)).rejects.toMatchObject({ code: 'DIAL_TIMED_OUT' });
    }
    await expect(dial(client, nobody, hearsay)).rejects.toMatchObject({ code: 'DIAL_FAILED', retryable: true });
    expect((await dial(client, target)).remoteEndpointId).toBe(target.endpointId);
  });

  test('names the case that another endpoint answered at the address', async () => {
    const [client, other, wanted] = [await device(1), await device(2), await device(3)];
    const { directAddresses } = other.bound;
    await expect(dial(client, wanted.bound, { directAddresses })).rejects.toMatchObject({
      code: 'DIAL_FAILED',
      stage: 'handshake',
      data: { reason: 'a different endpoint answered at one of the known addresses' },
    });
    // iroh would go on asking there; it is left alone until it has forgotten the address.
    await expect(dial(client, wanted.bound)).rejects.toMatchObject({
      code: 'DIAL_FAILED',
      stage: 'dial',
      retryable: true,
      data: { reason: expect.stringMatching(/forgotten in 6\d s/) },
    });
    await dial(client, other.bound);
  });

  test('with a first frame that is too large to be sent fails before anybody is dialled', async () => {
    const [near, far] = [await device(1, { frameCeilingBytes: 2_000 }), await device(2)];
    const dialling = dial(near, far.bound, { firstFrame: new Uint8Array(2_001) });
    await expect(dialling).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' });
    await dial(near, far.bound);
    expect(far.recorder.of('connection.accepted').length).toBeLessThanOrEqual(1);
  });

  test('without any address fails and says so', async () => {
    const [client, wanted] = [await device(1), await device(2)];
    await expect(dial(client, wanted.bound, { directAddresses: [] })).rejects.toMatchObject({
      code: 'DIAL_FAILED',
      data: { reason: expect.stringContaining('no address') },
    });
  });

  test.each<[string, Partial<DialInput>]>([
    ['to', { to: brandAs<EndpointId>('xyz') }],
    ['directAddresses', { directAddresses: [brandAs<SocketAddress>('localhost:1')] }],
    ['timeoutMs', { timeoutMs: 0 }],
  ])('checks %s', async (field, changes) => {
    const [client, wanted] = [await device(1), await device(2)];
    const refused = dial(client, wanted.bound, changes);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(field) });
  });

  test('many at once all succeed, and every close is told', async () => {
    const server = await device(1, { maxIncomingPerRemote: 1_000, maxPendingHandshakesPerSource: 1_000 });
    const clients = await Promise.all([2, 3, 4, 5].map((seed) => device(seed)));
    const infos = await Promise.all(
      clients.flatMap((client) => Array.from({ length: 25 }, () => dial(client, server.bound))),
    );
    expect(infos).toHaveLength(100);
    await server.recorder.next('connection.accepted', () => server.recorder.of('connection.accepted').length === 100);
    await Promise.all(
      clients.map(({ harness, bound }) => harness.client.request('unbind', { endpointId: bound.endpointId })),
    );
    await server.recorder.next('connection.closed', () => server.recorder.of('connection.closed').length === 100);
    for (const { close } of server.recorder.of('connection.closed')) expect(close).toMatchObject({ name: 'ended' });
  });
});

describe('binding', () => {
  test('one family alone leaves the other on loopback only', async () => {
    const { bound } = await device(1);
    expect(bound.directAddresses.map((address) => address.replace(/:\d+$/, ''))).toEqual(['127.0.0.1', '[::1]']);
    expect(bound.directAddresses).toContain(`127.0.0.1:${bound.port}`);
  });

  test('an address of another machine is refused readably, and the actor goes on', async () => {
    const { harness } = await device(1);
    const bindAddresses = ['203.0.113.9'];
    await expect(harness.client.request('bind', bindInput(2, { bindAddresses }))).rejects.toMatchObject({
      code: 'ENDPOINT_BIND_FAILED',
      message: expect.not.stringMatching(/\.rs|\n/),
    });
    await expect(harness.client.request('bind', bindInput(2, { bindAddresses: ['nonsense'] }))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    await harness.client.request('bind', bindInput(2));
  });

  test('the same key again, many times, is reached at once by the same peer', async () => {
    const [server, client] = [await device(1), await device(2)];
    let { bound } = server;
    for (let round = 0; round < 15; round += 1) {
      const { connectionId } = await dial(client, bound, { timeoutMs: 10_000 });
      // Until then the server does not know of it, and iroh alone would end it, without our code.
      await server.recorder.next(
        'connection.accepted',
        () => server.recorder.of('connection.accepted').length === round + 1,
      );
      await server.harness.client.request('unbind', { endpointId: bound.endpointId });
      expect(await closeOf(client, connectionId)).toMatchObject({ by: 'peer', name: 'ended' });
      bound = await server.harness.client.request('bind', bindInput(1));
    }
  });

  test('waits for an unbind of the same key under way', async () => {
    const { harness, bound } = await device(1);
    const unbinding = harness.client.request('unbind', { endpointId: bound.endpointId });
    await harness.client.request('bind', bindInput(1));
    await unbinding;
  });

  test('unbinding does not wait for a dial nobody answers longer than its limit', async () => {
    const client = await device(1, { closeTimeoutMs: 200 });
    const nowhere = { ...boundOf(await raw(2)), directAddresses: [brandAs<SocketAddress>('127.0.0.1:9')] };
    const failed = expect(dial(client, nowhere)).rejects.toMatchObject({ code: 'DIAL_FAILED' });
    await client.harness.client.request('unbind', { endpointId: client.bound.endpointId });
    await failed;
  });

  test('an endpoint without a relay cannot be moved to one; one with a relay can', async () => {
    const { harness, bound } = await device(1);
    const { endpointId } = bound;
    const moved = (id: EndpointId, loopbackRelayUrl: string) =>
      harness.client.request('replaceRelay', { endpointId: id, loopbackRelayUrl });
    await expect(moved(endpointId, 'http://127.0.0.1:9/')).rejects.toMatchObject({ code: 'ENDPOINT_WITHOUT_RELAY' });
    const relayed = await harness.client.request('bind', bindInput(2, { loopbackRelayUrl: 'http://127.0.0.1:9/' }));
    await moved(relayed.endpointId, 'http://127.0.0.1:9/?again=1');
    await expect(moved(relayed.endpointId, 'https://relay.example/')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('an actor that was stopped binds nothing and tells nothing', async () => {
    const { harness, bound } = await device(1);
    const pending = expect(harness.client.request('bind', bindInput(2))).rejects.toMatchObject({
      code: 'CHANNEL_CANCELLED',
    });
    await harness.actor.stop();
    await pending;
    const told = harness.told.length;
    await harness.actor.stop();
    expect(harness.told).toHaveLength(told);
    await expect(harness.client.request('readBound', { endpointId: bound.endpointId })).rejects.toMatchObject({
      code: 'ENDPOINT_NOT_BOUND',
    });
  });
});

test('garbage collection closes nothing that is open', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const [server, client] = [await device(1), await device(2)];
  const { connectionId } = await dial(client, server.bound);
  const { connectionId: there } = await server.recorder.next('connection.accepted');
  for (let round = 1; round <= 5; round += 1) {
    collect();
    await client.harness.client.request('send', { connectionId, frame: Uint8Array.of(round) });
    await server.recorder.next('frame.received', ({ frame }) => frame[0] === round);
    collect();
    await server.harness.client.request('send', { connectionId: there, frame: Uint8Array.of(round) });
    await client.recorder.next('frame.received', ({ frame }) => frame[0] === round);
  }
  expect(client.recorder.of('connection.closed')).toEqual([]);
  expect(server.recorder.of('connection.closed')).toEqual([]);
});

test('no secret is logged', async () => {
  const { harness } = await device(171);
  const line = JSON.stringify(harness.logger.lines);
  expect(line).not.toContain('171,171');
  expect(line).not.toContain('ab'.repeat(32));
});
