import {
  type BindInput,
  type BoundEndpoint,
  BowlineError,
  brandAs,
  type ChannelClient,
  type CloseName,
  type ConnectionId,
  type ConnectionInfo,
  type ConnectionPath,
  type DialInput,
  type EndpointChannel,
  type EndpointId,
  endpointIdOf,
  type PublicRelay,
  type RelayUrl,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type SocketAddress,
  socketAddressOf,
} from '@bowline/contracts';
import type { FakeBound } from './fake-bound.ts';
import type { FakeSide } from './fake-connection.ts';
import { type FakeDialler, fakeDialler } from './fake-dialler.ts';
import { type FakeListeners, fakeListeners } from './fake-listeners.ts';
import type { FakeWorld } from './fake-world.ts';

/** An endpoint actor in memory: the same channel, no sockets. */
export interface FakeEndpoint extends ChannelClient<EndpointChannel> {
  /** As a killed worker: nothing is told, nothing is sent, pending requests reject, the next request finds a fresh worker. */
  crash(): void;
  /** What its requests lead to, for whoever answers them as an actor. */
  readonly handlers: FakeEndpointHandlers;
  /** Replaces the addresses of a bound endpoint and tells of it, as an interface that came or went. */
  changeAddresses(endpointId: EndpointId, addresses: readonly SocketAddress[]): void;
}

/** As the handlers of an actor; a request that nobody can cancel has no signal. */
export type FakeEndpointHandlers = {
  readonly [R in RequestName<EndpointChannel>]: (
    input: RequestInput<EndpointChannel, R>,
    context: { readonly signal?: AbortSignal },
  ) => RequestOutput<EndpointChannel, R> | Promise<RequestOutput<EndpointChannel, R>>;
};

/** Reserved names (RFC 6761): a test that contacted them by mistake would fail at once. */
const PUBLIC_RELAYS: readonly PublicRelay[] = [
  { url: brandAs<RelayUrl>('https://public-1.relay.test/'), quicPort: 7_842 },
  { url: brandAs<RelayUrl>('https://public-2.relay.test/'), quicPort: null },
];

const pairingsOf = (unpaired: BindInput['unpaired'] = []): ReadonlyMap<EndpointId, string | null> =>
  new Map(unpaired.map(({ endpointId, pairingId }) => [endpointId, pairingId]));

/** An endpoint actor in the given world, with nothing bound. Long because it answers the whole of the endpoint's channel. */
export const fakeEndpoint = (
  world: FakeWorld,
  addressesAtBind: (() => readonly SocketAddress[]) | null = null,
): FakeEndpoint => {
  const listeners: FakeListeners<EndpointChannel> = fakeListeners();
  const bound = new Map<EndpointId, FakeBound>();
  const sides = new Map<ConnectionId, FakeSide>();
  let blocked: ReadonlySet<EndpointId> = new Set();
  const refusedAtMs = new Map<EndpointId, number>();
  let crash = Promise.withResolvers<never>();
  // Nobody may be waiting when the worker is killed.
  crash.promise.catch(() => undefined);
  const dialler: FakeDialler = fakeDialler(world, { bound, sides });

  const boundOf = (endpointId: EndpointId): FakeBound => {
    const found = bound.get(endpointId);
    if (found !== undefined) return found;
    throw new BowlineError({
      code: 'ENDPOINT_NOT_BOUND',
      message: 'Nothing is bound; bind first.',
      data: { endpointId },
    });
  };
  const sideOf = (connectionId: ConnectionId): FakeSide => {
    const found = sides.get(connectionId);
    if (found?.isOpen === true) return found;
    throw new BowlineError({ code: 'CONNECTION_CLOSED', message: 'The connection is closed.', data: { connectionId } });
  };
  const describe = (endpoint: FakeBound): BoundEndpoint => ({
    endpointId: endpoint.id,
    port: Number(endpoint.addresses[0]?.split(':').at(-1) ?? 0),
    directAddresses: endpoint.addresses,
  });

  const refuse = (endpoint: FakeBound, side: FakeSide, name: CloseName, reason = ''): void => {
    const { remoteEndpointId, alpn } = side.info();
    side.close(name, reason);
    const lastMs = refusedAtMs.get(remoteEndpointId);
    if (lastMs !== undefined && world.clock.monotonicMs() - lastMs < 1_000) return;
    refusedAtMs.set(remoteEndpointId, world.clock.monotonicMs());
    listeners.emit('connection.refused', { localEndpointId: endpoint.id, remoteEndpointId, alpn, name });
  };

  const accept = (endpoint: FakeBound, side: FakeSide): void => {
    const policy = endpoint.protocols.get(side.alpn);
    const { remoteEndpointId } = side.info();
    const isBlocked = blocked.has(remoteEndpointId);
    if (policy?.admit === 'listed' && (isBlocked || !endpoint.admitted.has(remoteEndpointId))) {
      const pairingId = endpoint.unpaired.get(remoteEndpointId);
      if (pairingId === undefined) refuse(endpoint, side, 'not-paired');
      else refuse(endpoint, side, 'unpaired', pairingId ?? '');
      return;
    }
    if (isBlocked || policy === undefined) {
      refuse(endpoint, side, isBlocked ? 'blocked' : 'version-unsupported');
      return;
    }
    const incoming = [...sides.values()].filter((open) => open.isIncoming && open.alpn === side.alpn).length;
    if (incoming >= policy.maxIncoming) {
      refuse(endpoint, side, 'busy');
      return;
    }
    sides.set(side.connectionId, side);
    side.open();
    listeners.emit('connection.accepted', side.info());
  };

  const addressFor = ({ port }: BindInput): SocketAddress => {
    const address = world.nextAddress();
    if (port === undefined) return address;
    if ([...bound.values()].some(({ addresses }) => addresses.some((each) => each.endsWith(`:${port}`)))) {
      throw new BowlineError({ code: 'ENDPOINT_BIND_FAILED', message: `Port ${port} is taken.`, retryable: true });
    }
    return socketAddressOf(address.slice(0, address.lastIndexOf(':')), port);
  };

  const bind = (input: BindInput): BoundEndpoint => {
    const id = endpointIdOf(input.secretKey);
    if (bound.has(id)) {
      throw new BowlineError({ code: 'ENDPOINT_ALREADY_BOUND', message: 'The key is bound already; unbind it first.' });
    }
    const endpoint: FakeBound = {
      id,
      protocols: new Map(input.protocols.map((policy) => [policy.alpn, policy])),
      admitted: new Set(input.admitted),
      unpaired: pairingsOf(input.unpaired),
      addresses: addressesAtBind?.() ?? [addressFor(input)],
      external: new Set(),
      hasRelay: input.loopbackRelayUrl !== null,
      accept: (side) => accept(endpoint, side),
      ownerOf: (remote) => ({
        clock: world.clock,
        emit: listeners.emit,
        weather: world.weather(id, remote),
        forget: (connectionId) => sides.delete(connectionId),
      }),
    };
    bound.set(id, endpoint);
    world.register(endpoint);
    return describe(endpoint);
  };

  const unbind = (endpointId: EndpointId): void => {
    const endpoint = bound.get(endpointId);
    if (endpoint === undefined) return;
    for (const side of [...sides.values()]) {
      if (side.info().localEndpointId === endpointId) side.close('ended', '');
    }
    bound.delete(endpointId);
    world.unregister(endpoint);
  };

  const setAdmitted = ({ endpointId, admitted, unpaired }: RequestInput<EndpointChannel, 'setAdmitted'>): void => {
    const endpoint = boundOf(endpointId);
    const before = endpoint.admitted;
    endpoint.admitted = new Set(admitted);
    endpoint.unpaired = pairingsOf(unpaired);
    for (const side of [...sides.values()]) {
      const { localEndpointId, remoteEndpointId, alpn } = side.info();
      const isListed = localEndpointId === endpointId && endpoint.protocols.get(alpn)?.admit === 'listed';
      const isRemoved = before.has(remoteEndpointId) && !endpoint.admitted.has(remoteEndpointId);
      if (isListed && isRemoved) side.close('unpaired', '');
    }
  };

  const setBlocked = (list: readonly EndpointId[]): void => {
    blocked = new Set(list);
    for (const side of [...sides.values()]) {
      const { localEndpointId, remoteEndpointId, alpn } = side.info();
      const isListed = bound.get(localEndpointId)?.protocols.get(alpn)?.admit === 'listed';
      if (blocked.has(remoteEndpointId) && !isListed) side.close('blocked', '');
    }
  };

  const changeAddresses = (endpointId: EndpointId, addresses: readonly SocketAddress[]): void => {
    const endpoint = boundOf(endpointId);
    endpoint.addresses = addresses;
    world.changed();
    listeners.emit('endpoint.addressesChanged', describe(endpoint));
  };

  const handlers: FakeEndpointHandlers = {
    bind,
    unbind: ({ endpointId }) => unbind(endpointId),
    replaceRelay: ({ endpointId }) => void boundOf(endpointId),
    discoverAddresses: ({ endpointId }) => {
      if (boundOf(endpointId).hasRelay) return;
      throw new BowlineError({ code: 'ENDPOINT_WITHOUT_RELAY', message: 'Bound without a relay; bind with one.' });
    },
    setAdmitted,
    setBlocked: (list) => setBlocked(list.blocked),
    dial: (input: DialInput, { signal }): Promise<ConnectionInfo> => {
      if (!blocked.has(input.to)) return dialler.dial(boundOf(input.from), input, signal);
      throw new BowlineError({ code: 'ENDPOINT_BLOCKED', message: 'The endpoint is blocked; unblock it.' });
    },
    send: ({ connectionId, frame }) => sideOf(connectionId).send(frame),
    setIdleHeartbeat: ({ connectionId, heartbeat }) => sideOf(connectionId).setIdleHeartbeat(heartbeat),
    allowFrames: ({ connectionId, maxFrameBytes }) => sideOf(connectionId).allowFrames(maxFrameBytes),
    openStream: ({ connectionId, streamId, first }, { signal }) =>
      sideOf(connectionId).streams.open(streamId, first, signal),
    writeStream: ({ connectionId, streamId, bytes, isLast }) =>
      sideOf(connectionId).streams.write(streamId, bytes, isLast),
    allowStream: ({ connectionId, streamId, bytes }) => sides.get(connectionId)?.streams.allow(streamId, bytes),
    leaveStream: ({ connectionId, streamId, code }) => sides.get(connectionId)?.streams.leave(streamId, code),
    sendDatagram: ({ connectionId, bytes }) => sideOf(connectionId).streams.sendDatagram(bytes),
    close: ({ connectionId, name, reason }) => {
      dialler.abandon(connectionId);
      sides.get(connectionId)?.close(name, reason);
    },
    setExternalAddresses: ({ endpointId, addresses: wanted }) => {
      const { addresses, external } = boundOf(endpointId);
      const own = addresses.filter((each) => !external.has(each));
      external.clear();
      for (const address of wanted) if (!own.includes(address)) external.add(address);
      const all = [...own, ...external];
      if (JSON.stringify(all) !== JSON.stringify(addresses)) changeAddresses(endpointId, all);
    },
    publicRelays: () => ({ relays: PUBLIC_RELAYS }),
    readBound: ({ endpointId }) => describe(boundOf(endpointId)),
    readPortMapping: ({ endpointId }) => {
      boundOf(endpointId);
      return { attempts: 0, successes: 0 };
    },
    inspect: ({ connectionId }): { path: ConnectionPath | null; lossRatio: null; roundTrips: [] } => ({
      path: sideOf(connectionId).info().path,
      lossRatio: null,
      roundTrips: [],
    }),
    countBytes: () => ({
      connections: Array.from(sides.values(), (side) => {
        const { connectionId, remoteEndpointId } = side.info();
        return { connectionId, remoteEndpointId, direct: side.direct };
      }),
    }),
  };

  return {
    request: async (name, input, options) => {
      const asked = crash;
      // No channel answers within the caller's own turn.
      await Promise.resolve();
      if (crash !== asked) return asked.promise;
      const handler = handlers[name] as (input: unknown, context: { readonly signal?: AbortSignal }) => unknown;
      const answer = handler(input, options ?? {});
      // What is answered at once is not overtaken by the crash, and most requests are: frames are many.
      return (answer instanceof Promise ? await Promise.race([answer, asked.promise]) : answer) as never;
    },
    on: listeners.on,
    handlers,
    crash: () => {
      for (const side of [...sides.values()]) world.silence(side);
      for (const endpoint of bound.values()) world.unregister(endpoint);
      bound.clear();
      sides.clear();
      blocked = new Set();
      const died = crash;
      crash = Promise.withResolvers<never>();
      crash.promise.catch(() => undefined);
      died.reject(new BowlineError({ code: 'CHANNEL_CLOSED', message: 'The endpoint worker ended.', retryable: true }));
      dialler.abandonAll();
    },
    changeAddresses,
  };
};
