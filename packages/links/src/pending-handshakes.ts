import type { Clock, CloseName } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { LinkGreeting } from '@bowline/link-protocol';
import { awaitGreeting } from './greeting-exchange.ts';
import type { LinksOptions } from './options.ts';

/**
 * Connections of one device that came in and have not said hello yet. No bounded map: the oldest is ended before a new one
 * begins to be read, and how many may wait is an option.
 */
export interface PendingHandshakes {
  add(connection: PeerConnection): void;
  has(connection: PeerConnection): boolean;
  closeAll(name: CloseName): void;
}

export interface PendingHandshakesComponents {
  readonly clock: Clock;
  readonly options: LinksOptions;
  readonly onHello: (connection: PeerConnection, hello: LinkGreeting) => void;
  /** A hello of a version that is not spoken here; its connection is closed. */
  readonly onOtherVersion: () => void;
}

export const pendingHandshakes = ({
  clock,
  options,
  onHello,
  onOtherVersion,
}: PendingHandshakesComponents): PendingHandshakes => {
  const waiting = new Map<PeerConnection, () => void>();

  const forget = (connection: PeerConnection): void => {
    waiting.get(connection)?.();
    waiting.delete(connection);
  };
  const close = (connection: PeerConnection, name: CloseName, reason = ''): void => {
    forget(connection);
    // `close` never rejects.
    void connection.close(name, reason);
  };

  return {
    add: (connection) => {
      const [oldest] = waiting.keys();
      if (oldest !== undefined && waiting.size >= options.maxWaitingIncoming) close(oldest, 'busy');
      const stop = awaitGreeting({
        connection,
        kind: 'hello',
        timeoutMs: options.handshakeTimeoutMs,
        clock,
        onGreeting: (hello) => {
          waiting.delete(connection);
          onHello(connection, hello);
        },
        onFailed: (name, reason) => {
          close(connection, name, reason);
          if (name === 'version-unsupported') onOtherVersion();
        },
      });
      waiting.set(connection, stop);
      void connection.closed.then(() => forget(connection));
    },
    has: (connection) => waiting.has(connection),
    closeAll: (name) => {
      for (const connection of [...waiting.keys()]) close(connection, name);
    },
  };
};
