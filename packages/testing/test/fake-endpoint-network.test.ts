import {
  brandAs,
  CLOSE_CODES,
  type ConnectionId,
  type EndpointId,
  endpointIdOf,
  LINK_ALPN,
  PAIR_ALPN,
} from '@bowline/contracts';
import { expect, test } from 'vitest';
import { type FakeEndpoint, fakeClock, fakeEndpointNetwork, settle } from '../src/index.ts';

const setUp = async () => {
  const clock = fakeClock();
  const network = fakeEndpointNetwork({ clock });
  const [near, far] = [network.endpoint(), network.endpoint()];
  const told: { side: string; event: string; payload: unknown }[] = [];
  for (const [side, endpoint] of [
    ['near', near],
    ['far', far],
  ] as const) {
    for (const event of ['connection.accepted', 'connection.closed', 'frame.received', 'connection.refused'] as const) {
      endpoint.on(event, (payload) => told.push({ side, event, payload }));
    }
  }
  const nearEnd = await bind(near, 1, []);
  const farEnd = await bind(far, 2, [nearEnd.endpointId]);
  let dials = 0;
  const dial = (alpn: string, more: { throughRelay?: boolean; direct?: boolean; timeoutMs?: number } = {}) => {
    dials += 1;
    return near.request('dial', {
      from: nearEnd.endpointId,
      to: farEnd.endpointId,
      connectionId: brandAs<ConnectionId>(`dialled-${dials}`),
      alpn,
      directAddresses: more.direct === false ? [] : farEnd.directAddresses,
      throughRelay: more.throughRelay ?? false,
      timeoutMs: more.timeoutMs ?? 1_000,
    });
  };
  return {
    clock,
    network,
    near,
    far,
    nearEnd,
    farEnd,
    told,
    dial,
    ofFar: (event: string) => told.filter((entry) => entry.side === 'far' && entry.event === event),
  };
};

const bind = (endpoint: FakeEndpoint, seed: number, admitted: readonly EndpointId[]) =>
  endpoint.request('bind', {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [
      { alpn: LINK_ALPN, admit: 'listed', maxFrameBytes: 100, maxIncoming: 2 },
      { alpn: PAIR_ALPN, admit: 'anyone', maxFrameBytes: 100, maxIncoming: 2 },
    ],
    loopbackRelayUrl: 'http://127.0.0.1:1/',
    bindAddresses: ['127.0.0.1'],
    admitted,
  });

test('the endpoint id is the public key of the seed', () => {
  // RFC 8032, test 1.
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  expect(endpointIdOf(seed)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
});

test('frames cross in order after the delay', async () => {
  const { clock, network, near, nearEnd, farEnd, dial, ofFar } = await setUp();
  network.setDelay(nearEnd.endpointId, farEnd.endpointId, 50);
  const dialling = dial(LINK_ALPN);
  await clock.advance(100);
  const { connectionId } = await dialling;
  await near.request('send', { connectionId, frame: Uint8Array.of(1) });
  await near.request('send', { connectionId, frame: Uint8Array.of(2) });
  await clock.advance(49);
  expect(ofFar('frame.received')).toEqual([]);
  await clock.advance(1);
  expect(ofFar('frame.received').map(({ payload }) => (payload as { frame: Uint8Array }).frame[0])).toEqual([1, 2]);
});

test('a blocked wire holds everything back and ends the connection after 30 s on both sides', async () => {
  const { clock, network, near, nearEnd, farEnd, dial, told } = await setUp();
  const { connectionId } = await dial(LINK_ALPN);
  await settle();
  network.block(nearEnd.endpointId, farEnd.endpointId);
  await near.request('send', { connectionId, frame: Uint8Array.of(1) });
  await clock.advance(29_999);
  expect(told.filter(({ event }) => event !== 'connection.accepted')).toEqual([]);
  await clock.advance(1);
  expect(
    told
      .filter(({ event }) => event === 'connection.closed')
      .map(({ side, payload }) => [side, (payload as { close: { by: string } }).close.by]),
  ).toEqual([
    ['near', 'timeout'],
    ['far', 'timeout'],
  ]);
  expect(network.openConnectionCount).toBe(0);
});

test('a wire unblocked in time delivers what waited', async () => {
  const { clock, network, near, nearEnd, farEnd, dial, ofFar } = await setUp();
  const { connectionId } = await dial(LINK_ALPN);
  network.block(nearEnd.endpointId, farEnd.endpointId);
  await near.request('send', { connectionId, frame: Uint8Array.of(7) });
  await clock.advance(20_000);
  network.unblock(nearEnd.endpointId, farEnd.endpointId);
  await clock.advance(60_000);
  expect(ofFar('frame.received')).toHaveLength(1);
  expect(ofFar('connection.closed')).toHaveLength(0);
});

test('a crashed endpoint tells nothing, rejects what was pending and is noticed after 30 s', async () => {
  const { clock, near, far, dial, told, ofFar } = await setUp();
  await dial(LINK_ALPN);
  await settle();
  const pending = dial(PAIR_ALPN, { direct: false });
  const rejected = expect(pending).rejects.toMatchObject({ code: 'CHANNEL_CLOSED' });
  near.crash();
  await rejected;
  await clock.advance(30_000);
  expect(ofFar('connection.closed')).toHaveLength(1);
  expect(told.filter(({ side }) => side === 'near')).toEqual([]);
  await expect(bind(near, 1, [])).resolves.toBeDefined();
  await expect(bind(far, 2, [])).rejects.toMatchObject({ code: 'ENDPOINT_ALREADY_BOUND' });
});

test('a dial without a usable route times out, and succeeds when a route appears in time', async () => {
  const { clock, network, nearEnd, farEnd, dial } = await setUp();
  network.setRelayOnly(nearEnd.endpointId, farEnd.endpointId, true);
  const lost = expect(dial(LINK_ALPN)).rejects.toMatchObject({ code: 'DIAL_TIMED_OUT', stage: 'dial' });
  await clock.advance(1_000);
  await lost;
  network.setRelayUp(false);
  const dialling = dial(LINK_ALPN, { throughRelay: true });
  await clock.advance(500);
  network.setRelayUp(true);
  await expect(dialling).resolves.toMatchObject({ path: { kind: 'relay', remoteAddress: null } });
  expect(clock.pendingTimerCount).toBe(0);
});

test('a cut connection is lost on both sides at once', async () => {
  const { network, nearEnd, farEnd, dial, told } = await setUp();
  await dial(LINK_ALPN);
  await settle();
  network.cut(nearEnd.endpointId, farEnd.endpointId);
  expect(told.filter(({ event }) => event === 'connection.closed')).toHaveLength(2);
});

test('a close drops the frames under way', async () => {
  const { near, dial, ofFar } = await setUp();
  const { connectionId } = await dial(LINK_ALPN);
  await settle();
  const sent = near.request('send', { connectionId, frame: Uint8Array.of(1) });
  const closed = near.request('close', { connectionId, name: 'done', reason: 'bye' });
  await Promise.all([sent, closed]);
  await settle();
  expect(ofFar('frame.received')).toEqual([]);
  expect(ofFar('connection.closed')[0]?.payload).toMatchObject({
    close: { by: 'peer', code: CLOSE_CODES.done, name: 'done', reason: 'bye' },
  });
});
