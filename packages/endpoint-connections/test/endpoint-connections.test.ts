import { type ConnectionClose, type ConnectionPath, type DialInput, LINK_ALPN, PAIR_ALPN } from '@bowline/contracts';
import {
  type FakeEndpoint,
  fakeClock,
  fakeEndpointNetwork,
  memoryLogger,
  seededRandom,
  settle,
} from '@bowline/testing';
import { expect, test } from 'vitest';
import { endpointConnections, type PeerConnection } from '../src/index.ts';

const setUp = async () => {
  const clock = fakeClock();
  const network = fakeEndpointNetwork({ clock });
  const logger = memoryLogger();
  const side = async (seed: number) => {
    const endpoint = network.endpoint();
    const connections = endpointConnections({ endpoint, clock, random: seededRandom(seed), logger });
    const accepted: PeerConnection[] = [];
    connections.onAccepted(PAIR_ALPN, (connection) => accepted.push(connection));
    return { endpoint, connections, accepted, bound: await bind(endpoint, seed) };
  };
  const near = await side(1);
  const far = await side(2);
  const input: Omit<DialInput, 'connectionId'> = {
    from: near.bound.endpointId,
    to: far.bound.endpointId,
    alpn: PAIR_ALPN,
    directAddresses: far.bound.directAddresses,
    throughRelay: false,
    timeoutMs: 1_000,
  };
  const connect = async () => {
    const here = await near.connections.dial(input);
    await settle();
    const there = far.accepted.at(-1) as PeerConnection;
    return { here, there };
  };
  return { clock, network, logger, near, far, input, connect };
};

const bind = (endpoint: FakeEndpoint, seed: number) =>
  endpoint.request('bind', {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [PAIR_ALPN, LINK_ALPN].map((alpn) => ({
      alpn,
      admit: 'anyone' as const,
      maxFrameBytes: 100,
      maxIncoming: 10,
    })),
    loopbackRelayUrl: null,
    bindAddresses: [],
  });

const lettersOf = (frames: readonly Uint8Array[]): string =>
  frames.map((frame) => String.fromCharCode(...frame)).join('');
const letter = (text: string): Uint8Array => Buffer.from(text);

test('both ends know each other and exchange frames', async () => {
  const { near, far, connect } = await setUp();
  const { here, there } = await connect();
  expect(here.info).toMatchObject({ remoteEndpointId: far.bound.endpointId, alpn: PAIR_ALPN });
  expect(there.info).toMatchObject({ remoteEndpointId: near.bound.endpointId, alpn: PAIR_ALPN });
  expect(here.path()).toMatchObject({ kind: 'direct' });
  const heard: Uint8Array[] = [];
  here.onFrame((frame) => heard.push(frame));
  await there.send(letter('a'));
  await there.send(letter('b'));
  await settle();
  expect(lettersOf(heard)).toBe('ab');
});

test('frames that nobody has read yet come first, in order, after the subscription', async () => {
  const { connect } = await setUp();
  const { here, there } = await connect();
  for (const text of 'abc') await here.send(letter(text));
  await settle();
  const heard: Uint8Array[] = [];
  there.onFrame((frame) => heard.push(frame));
  expect(heard).toEqual([]);
  await here.send(letter('d'));
  await settle();
  expect(lettersOf(heard)).toBe('abcd');
});

test('a listener may end its own subscription with the first kept frame', async () => {
  const { connect } = await setUp();
  const { here, there } = await connect();
  await here.send(letter('a'));
  await here.send(letter('b'));
  await settle();
  const heard: Uint8Array[] = [];
  const cancel = there.onFrame((frame) => {
    heard.push(frame);
    cancel();
  });
  await settle();
  expect(lettersOf(heard)).toBe('a');
  expect(lettersOf([await there.nextFrame({ timeoutMs: 1 })])).toBe('b');
});

test('nextFrame hands each frame to one reader, in the order they asked', async () => {
  const { clock, connect } = await setUp();
  const { here, there } = await connect();
  const first = there.nextFrame({ timeoutMs: 100 });
  const second = there.nextFrame({ timeoutMs: 100 });
  await here.send(letter('a'));
  await here.send(letter('b'));
  expect(lettersOf([await first, await second])).toBe('ab');
  expect(clock.pendingTimerCount).toBe(0);
});

test('nextFrame times out, and the frame that comes later is not lost', async () => {
  const { clock, connect } = await setUp();
  const { here, there } = await connect();
  const timedOut = expect(there.nextFrame({ timeoutMs: 100 })).rejects.toMatchObject({
    code: 'FRAME_TIMED_OUT',
    retryable: true,
  });
  await clock.advance(100);
  await timedOut;
  await here.send(letter('a'));
  await settle();
  expect(lettersOf([await there.nextFrame({ timeoutMs: 100 })])).toBe('a');
});

test('nextFrame ends with its signal, before and while waiting', async () => {
  const { clock, connect } = await setUp();
  const { there } = await connect();
  const aborting = new AbortController();
  const waiting = there.nextFrame({ timeoutMs: 100, signal: aborting.signal });
  aborting.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'FRAME_CANCELLED' });
  await expect(there.nextFrame({ timeoutMs: 100, signal: aborting.signal })).rejects.toMatchObject({
    code: 'FRAME_CANCELLED',
  });
  expect(clock.pendingTimerCount).toBe(0);
});

test('frames before a close by the other side stay readable, then reading rejects', async () => {
  const { connect } = await setUp();
  const { here, there } = await connect();
  await here.send(letter('a'));
  await settle();
  await here.close('rejected', 'no');
  await settle();
  expect(lettersOf([await there.nextFrame({ timeoutMs: 1 })])).toBe('a');
  await expect(there.nextFrame({ timeoutMs: 1 })).rejects.toMatchObject({
    code: 'CONNECTION_CLOSED',
    data: { closeName: 'rejected', by: 'peer' },
  });
});

test('a close ends waiting readers and later sends on both sides', async () => {
  const { connect } = await setUp();
  const { here, there } = await connect();
  const waiting = [here, there].map((side) =>
    expect(side.nextFrame({ timeoutMs: 60_000 })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' }),
  );
  await here.close('done', 'bye');
  await Promise.all(waiting);
  expect(await here.closed).toMatchObject({ by: 'here', name: 'done' });
  expect(await there.closed).toMatchObject({ by: 'peer', name: 'done', reason: 'bye' });
  for (const side of [here, there]) {
    await expect(side.send(letter('a'))).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await expect(side.allowFrames(1)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await side.close('done', 'again');
  }
});

test('a flood nobody reads closes the connection with busy, and fills no log', async () => {
  const { connect, logger } = await setUp();
  const { here, there } = await connect();
  for (let sent = 0; sent < 257; sent += 1) await here.send(letter('a'));
  await settle();
  expect(await here.closed).toMatchObject({ by: 'peer', name: 'busy' });
  expect(await there.closed).toMatchObject({ by: 'here', name: 'busy' });
  expect(logger.lines.map(({ level }) => level)).toEqual(['debug']);
});

test('a frame larger than all that may wait is still kept when it is alone', async () => {
  const { near, far, input } = await setUp();
  const { endpoint } = far;
  const parts = { endpoint, clock: fakeClock(), random: seededRandom(5), logger: memoryLogger() };
  const small = endpointConnections(parts, { maxWaitingBytes: 10, maxWaitingFrames: 5 });
  const accepted: PeerConnection[] = [];
  small.onAccepted(LINK_ALPN, (connection) => accepted.push(connection));
  const here = await near.connections.dial({ ...input, alpn: LINK_ALPN });
  await here.send(new Uint8Array(50));
  await settle();
  expect(await accepted[0]?.nextFrame({ timeoutMs: 1 })).toHaveLength(50);
});

test('the larger frame limit reaches the endpoint', async () => {
  const { connect } = await setUp();
  const { here, there } = await connect();
  await there.allowFrames(500);
  await here.send(new Uint8Array(500));
  await settle();
  expect(await there.nextFrame({ timeoutMs: 1 })).toHaveLength(500);
});

test('path changes are told and remembered', async () => {
  const { network, near, far, connect } = await setUp();
  const { here } = await connect();
  const changes: ConnectionPath[] = [];
  const cancel = here.onPathChanged((path) => changes.push(path));
  network.movePath(near.bound.endpointId, far.bound.endpointId, 'relay');
  cancel();
  network.movePath(near.bound.endpointId, far.bound.endpointId, 'direct');
  expect(changes.map(({ kind }) => kind)).toEqual(['relay']);
  expect(here.path()?.kind).toBe('direct');
});

test('a failing listener is logged and stops nobody', async () => {
  const { connect, logger } = await setUp();
  const { here, there } = await connect();
  const heard: Uint8Array[] = [];
  there.onFrame(() => {
    throw new Error('broken');
  });
  there.onFrame((frame) => heard.push(frame));
  await here.send(letter('a'));
  await settle();
  expect(lettersOf(heard)).toBe('a');
  expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('keeps to its own protocols, so that two of them can share an endpoint', async () => {
  const { near, far, input } = await setUp();
  const other = endpointConnections({
    endpoint: far.endpoint,
    clock: fakeClock(),
    random: seededRandom(6),
    logger: memoryLogger(),
  });
  const links: PeerConnection[] = [];
  other.onAccepted(LINK_ALPN, (connection) => links.push(connection));
  const here = await near.connections.dial({ ...input, alpn: LINK_ALPN });
  await settle();
  expect(far.accepted).toHaveLength(0);
  expect(links).toHaveLength(1);
  far.connections.stop();
  await here.send(letter('a'));
  await settle();
  expect(await links[0]?.nextFrame({ timeoutMs: 1 })).toHaveLength(1);
});

test('a dial that fails rejects as the endpoint does and leaves nothing behind', async () => {
  const { clock, network, near, input } = await setUp();
  const failed = expect(near.connections.dial({ ...input, directAddresses: [] })).rejects.toMatchObject({
    code: 'DIAL_TIMED_OUT',
  });
  await clock.advance(1_000);
  await failed;
  expect(network.openConnectionCount).toBe(0);
  expect(clock.pendingTimerCount).toBe(0);
});

test('aborting a dial rejects, also when it had just succeeded', async () => {
  const { network, near, far, input } = await setUp();
  const aborting = new AbortController();
  const dialling = near.connections.dial({ ...input, directAddresses: [] }, { signal: aborting.signal });
  aborting.abort();
  await expect(dialling).rejects.toMatchObject({ code: 'CHANNEL_CANCELLED' });

  const late = new AbortController();
  far.endpoint.on('connection.accepted', () => late.abort());
  await expect(near.connections.dial(input, { signal: late.signal })).rejects.toMatchObject({
    code: 'CHANNEL_CANCELLED',
  });
  await settle();
  expect(network.openConnectionCount).toBe(0);
});

test('every connection is lost when the endpoint worker died', async () => {
  const { near, connect } = await setUp();
  const { here } = await connect();
  const waiting = expect(here.nextFrame({ timeoutMs: 1_000 })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  near.endpoint.crash();
  near.connections.dropAll('endpoint worker ended');
  await waiting;
  const lost: ConnectionClose = { by: 'lost', code: null, name: null, reason: 'endpoint worker ended' };
  expect(await here.closed).toEqual(lost);
});

test('closing is over even when the endpoint worker died meanwhile', async () => {
  const { near, connect } = await setUp();
  const { here } = await connect();
  const closing = here.close('done', '');
  near.endpoint.crash();
  await closing;
  expect(await here.closed).toMatchObject({ by: 'here', name: 'done' });
});

test('stop closes every connection with shutdown and hears nothing more', async () => {
  const { near, far, input, connect } = await setUp();
  const { here, there } = await connect();
  far.connections.stop();
  await settle();
  expect(await there.closed).toMatchObject({ by: 'here', name: 'shutdown' });
  expect(await here.closed).toMatchObject({ by: 'peer', name: 'shutdown' });
  await near.connections.dial(input);
  await settle();
  expect(far.accepted).toHaveLength(1);
});
