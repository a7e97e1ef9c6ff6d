import type { TLSSocket } from 'node:tls';
import {
  type Clock,
  type DeviceId,
  errorMessage,
  type Logger,
  type TcpDialFailure,
  type TcpLink,
  type TcpLinkStatus,
} from '@bowline/contracts';
import { DialTimedOutError, dialFailureOf } from './dial-failure.ts';
import { TcpUnreachableError } from './errors.ts';
import type { TcpTransportOptions } from './options.ts';
import { dialSecurely } from './secure-sockets.ts';
import type { TcpConnection } from './tcp-connection.ts';

/** Connections with one device: one that each side has dialled. */
const MAX_CONNECTIONS = 2;

/** A connection that lasted so long says that the way is good, milliseconds. */
const GOOD_MS = 10_000;

/** One linked device, the connections with it, and when it may be dialled. */
export interface LinkedDevice {
  readonly deviceId: DeviceId;
  readonly link: TcpLink;
  readonly connections: ReadonlySet<TcpConnection>;
  readonly status: TcpLinkStatus;
  /** The same link as before, but for where it may be dialled. */
  update(link: TcpLink): void;
  /** A connection with a device that stands, dialled if there is none. @throws {@link TcpUnreachableError} */
  connect(): Promise<TcpConnection>;
  /** The other side has dialled. Answers `null` when there are enough. */
  accept(socket: TLSSocket): TcpConnection | null;
  /** The link is over. */
  end(): void;
}

interface LinkedDeviceComponents {
  readonly link: TcpLink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TcpTransportOptions;
  /** To dial from, one of each family at most. */
  readonly localIps: () => readonly string[];
  readonly onDialFailed: (failure: TcpDialFailure | null) => void;
  /** Makes a connection of a socket, and tells of it. */
  readonly established: (
    socket: TLSSocket,
    dialledBy: 'us' | 'peer',
    onClosed: (wasInUse: boolean) => void,
  ) => TcpConnection;
}

export const linkedDevice = (components: LinkedDeviceComponents): LinkedDevice => {
  const { clock, options, localIps, onDialFailed, established } = components;
  const { deviceId } = components.link;
  const logger = components.logger.child({ deviceId });
  const connections = new Set<TcpConnection>();
  const ended = new AbortController();
  let link = components.link;
  let dialling: Promise<TcpConnection> | null = null;
  let failures = 0;
  let lastAttempt: TcpLinkStatus['lastAttempt'] = null;
  let lastFailure: TcpDialFailure | null = null;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  const noteFailure = (): number => {
    const waitMs = Math.min(options.maxRetryMs, options.retryMs * 2 ** failures);
    failures += 1;
    notBeforeMs = clock.monotonicMs() + waitMs;
    return waitMs;
  };

  const adopt = (socket: TLSSocket, dialledBy: 'us' | 'peer'): TcpConnection => {
    const sinceMs = clock.monotonicMs();
    const connection = established(socket, dialledBy, (wasInUse) => {
      connections.delete(connection);
      if (clock.monotonicMs() - sinceMs >= GOOD_MS) failures = 0;
      // Nothing is wrong with one that ends when nobody uses it, and nothing is said by it of what came later.
      if (ended.signal.aborted || !wasInUse) return;
      lastAttempt = 'lost';
      noteFailure();
    });
    connections.add(connection);
    lastAttempt = 'stood';
    lastFailure = null;
    return connection;
  };

  const dialAll = async (): Promise<TLSSocket> => {
    const attempts = new AbortController();
    const cancelTimeout = clock.setTimer(
      options.handshakeTimeoutMs,
      () => attempts.abort(new DialTimedOutError('it took too long')),
      {
        unref: true,
      },
    );
    const signal = AbortSignal.any([attempts.signal, ended.signal]);
    const dials = link.addresses.map((address) =>
      dialSecurely(address, link.dialled, { localIps: localIps(), signal }),
    );
    let first: TLSSocket | undefined;
    try {
      const fastest = await Promise.any(dials);
      first = fastest;
      return fastest;
    } finally {
      cancelTimeout();
      attempts.abort(new Error('another one was faster'));
      // One may have succeeded in the same moment.
      for (const each of dials)
        each.then(
          (socket) => socket === first || socket.destroy(),
          () => undefined,
        );
    }
  };

  const dial = async (): Promise<TcpConnection> => {
    // None of these answers.
    const before = new Set(connections);
    try {
      return adopt(await dialAll(), 'us');
    } catch (error) {
      const reasons = error instanceof AggregateError ? error.errors.map(errorMessage) : [errorMessage(error)];
      const retryAfterMs = noteFailure();
      const failure = dialFailureOf(error);
      // The other side may have dialled meanwhile.
      if (connections.isSubsetOf(before)) {
        lastAttempt = 'failed';
        lastFailure = failure;
      }
      logger.debug({ reasons, retryAfterMs }, 'no TCP connection could be made');
      if (!ended.signal.aborted) onDialFailed(failure);
      throw new TcpUnreachableError(deviceId, retryAfterMs, error);
    }
  };

  return {
    deviceId,
    get link() {
      return link;
    },
    connections,
    get status() {
      return { deviceId, isDiallable: link.addresses.length > 0, lastAttempt, lastFailure };
    },
    update: (next) => {
      const isElsewhere = next.addresses.some((address) => !link.addresses.includes(address));
      link = next;
      if (!isElsewhere) return;
      failures = 0;
      notBeforeMs = Number.NEGATIVE_INFINITY;
      lastFailure = null;
      if (lastAttempt !== 'stood') lastAttempt = null;
    },
    connect: async () => {
      for (const connection of [...connections]) if (await connection.prove()) return connection;
      if (dialling !== null) return dialling;
      const waitMs = notBeforeMs - clock.monotonicMs();
      if (ended.signal.aborted || waitMs > 0)
        throw new TcpUnreachableError(deviceId, Math.max(waitMs, options.retryMs));
      dialling = dial().finally(() => {
        dialling = null;
      });
      return dialling;
    },
    accept: (socket) => {
      if (ended.signal.aborted) return null;
      const idle = [...connections].find((each) => each.isIdle);
      // One that is not used may be what is left of a connection that the other side has lost.
      if (connections.size >= MAX_CONNECTIONS) idle?.close('a newer one came');
      return connections.size >= MAX_CONNECTIONS ? null : adopt(socket, 'peer');
    },
    end: () => {
      ended.abort(new Error('the link is over'));
      for (const connection of [...connections]) connection.close('the link is over');
    },
  };
};
