import {
  BowlineError,
  type Cancel,
  type ConnectionId,
  type ConnectionInfo,
  type ConnectionPath,
  type DialInput,
  type EndpointId,
  type SocketAddress,
} from '@bowline/contracts';
import type { FakeBound } from './fake-bound.ts';
import { type FakeSide, fakeConnection } from './fake-connection.ts';
import type { FakeWorld } from './fake-world.ts';

/** The dials of one fake endpoint. */
export interface FakeDialler {
  dial(from: FakeBound, input: DialInput, signal: AbortSignal | undefined): Promise<ConnectionInfo>;
  /** Ends one pending dial, as closing its connection does. */
  abandon(connectionId: ConnectionId): void;
  abandonAll(): void;
}

interface DiallerComponents {
  readonly bound: ReadonlyMap<EndpointId, FakeBound>;
  readonly sides: Map<ConnectionId, FakeSide>;
}

/** Frame limit of a dialled connection whose protocol the dialling endpoint was not bound with. */
const DEFAULT_MAX_FRAME_BYTES = 16_384;

/** Dials within the world, by the routes that are open at the time. */
export const fakeDialler = (world: FakeWorld, { bound, sides }: DiallerComponents): FakeDialler => {
  const pending = new Map<ConnectionId, (error: BowlineError) => void>();

  const connect = (from: FakeBound, to: FakeBound, input: DialInput, path: ConnectionPath): ConnectionInfo => {
    const { connectionId, alpn } = input;
    const info: ConnectionInfo = { connectionId, localEndpointId: from.id, remoteEndpointId: to.id, alpn, path };
    const farPath = path.kind === 'relay' ? path : { ...path, remoteAddress: from.addresses[0] ?? null };
    const farInfo: ConnectionInfo = {
      connectionId: world.nextConnectionId(),
      localEndpointId: to.id,
      remoteEndpointId: from.id,
      alpn,
      path: farPath,
    };
    const connection = fakeConnection(
      {
        owner: from.ownerOf(to.id),
        info,
        maxFrameBytes: from.protocols.get(alpn)?.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
        maxStreams: from.protocols.get(alpn)?.maxStreams ?? 0,
      },
      {
        owner: to.ownerOf(from.id),
        info: farInfo,
        maxFrameBytes: to.protocols.get(alpn)?.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
        maxStreams: to.protocols.get(alpn)?.maxStreams ?? 0,
      },
    );
    world.connected(connection);
    sides.set(connectionId, connection.dialled);
    connection.start(to.accept);
    if (input.firstFrame !== undefined) connection.dialled.send(input.firstFrame);
    return info;
  };

  return {
    dial: (from, input, signal) => {
      if (sides.has(input.connectionId) || pending.has(input.connectionId)) return Promise.reject(idInUse(input));
      if (input.to === from.id) return Promise.reject(dialFailed(input, 'dial', 'an endpoint cannot dial itself'));
      const result = Promise.withResolvers<ConnectionInfo>();
      let cancelAnswer: Cancel | null = null;
      const finish = (settle: () => void): void => {
        pending.delete(input.connectionId);
        cancelTimeout();
        cancelAnswer?.();
        stopWatching();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const fail = (error: BowlineError): void => finish(() => result.reject(error));
      const onAbort = (): void => fail(cancelled());
      const answer = (): void => {
        cancelAnswer = null;
        const route = routeTo(world, from, input);
        if (route === null) return;
        const { target, path } = route;
        if (!target.protocols.has(input.alpn)) fail(dialFailed(input, 'handshake', 'the other side does not speak it'));
        else finish(() => result.resolve(connect(from, target, input, path)));
      };
      const attempt = (): void => {
        if (cancelAnswer !== null || routeTo(world, from, input) === null) return;
        cancelAnswer = world.after(2 * world.delayMs(from.id, input.to), answer);
      };
      const cancelTimeout = world.clock.setTimer(input.timeoutMs, () => fail(dialTimedOut(input)));
      const stopWatching = world.onChanged(attempt);
      pending.set(input.connectionId, fail);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
      else if (bound.has(from.id)) attempt();
      return result.promise;
    },
    abandon: (connectionId) => pending.get(connectionId)?.(cancelled()),
    abandonAll: () => {
      for (const fail of [...pending.values()]) fail(cancelled());
    },
  };
};

/** The way to the other side, or `null` while there is none: direct when an address fits, else through the relay. */
const routeTo = (
  world: FakeWorld,
  from: FakeBound,
  input: DialInput,
): { readonly target: FakeBound; readonly path: ConnectionPath } | null => {
  const target = world.find(input.to);
  if (target === undefined || world.weather(from.id, input.to).isBlocked()) return null;
  const rttMs = 2 * world.delayMs(from.id, input.to);
  const fits = (address: SocketAddress): boolean => target.addresses.includes(address);
  const remoteAddress = input.directAddresses.find(fits);
  if (remoteAddress !== undefined && world.canGoDirect(from.id, input.to)) {
    return { target, path: { kind: 'direct', remoteAddress, rttMs } };
  }
  const isRelayed =
    input.throughRelay && from.hasRelay && target.hasRelay && world.canGoThroughRelay(from.id, input.to);
  return isRelayed ? { target, path: { kind: 'relay', remoteAddress: null, rttMs } } : null;
};

const dialTimedOut = (input: DialInput): BowlineError =>
  new BowlineError({
    code: 'DIAL_TIMED_OUT',
    message: `No answer within ${input.timeoutMs} ms.`,
    retryable: true,
    stage: 'dial',
    data: { remoteEndpointId: input.to },
  });

const dialFailed = (input: DialInput, stage: 'dial' | 'handshake', reason: string): BowlineError =>
  new BowlineError({
    code: 'DIAL_FAILED',
    message: `Dialling ${input.alpn} failed: ${reason}.`,
    stage,
    data: { remoteEndpointId: input.to, reason },
  });

const idInUse = (input: DialInput): BowlineError =>
  new BowlineError({
    code: 'CONNECTION_ID_IN_USE',
    message: 'The connection id is in use.',
    data: { connectionId: input.connectionId },
  });

const cancelled = (): BowlineError =>
  new BowlineError({ code: 'CHANNEL_CANCELLED', message: 'The dial was cancelled.' });
