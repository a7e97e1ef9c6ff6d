import type { Clock } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';

/** Connections that may be early at once; the next is closed with `busy`. */
const MAX_EARLY = 64;

/** The same of one device: it has no more that it could mean. */
const MAX_EARLY_OF_ONE = 4;

/**
 * Connections that the endpoint has admitted before this actor was told all it needs: who the device itself is, or
 * the peer. While a host starts, that takes milliseconds. They are never refused as `not-paired`: only the endpoint's
 * list says who is paired, and the other side would forget the pairing. No bounded map: whoever came first is likelier to
 * be a paired device that waits for this one to start, so the newest is refused.
 */
export interface EarlyConnections {
  hold(connection: PeerConnection): void;
  /** Gives back all that are held and still open, oldest first. */
  release(): readonly PeerConnection[];
}

/** @param waitMs after which a connection nobody asked for is closed with `busy`. */
export const earlyConnections = (clock: Clock, waitMs: number): EarlyConnections => {
  const held = new Map<PeerConnection, () => void>();

  const forget = (connection: PeerConnection): void => {
    held.get(connection)?.();
    held.delete(connection);
  };

  return {
    hold: (connection) => {
      // `close` never rejects.
      const { remoteEndpointId } = connection.info;
      const ofIt = [...held.keys()].filter(({ info }) => info.remoteEndpointId === remoteEndpointId).length;
      if (held.size >= MAX_EARLY || ofIt >= MAX_EARLY_OF_ONE) {
        void connection.close('busy', '');
        return;
      }
      held.set(
        connection,
        clock.setTimer(waitMs, () => {
          held.delete(connection);
          void connection.close('busy', '');
        }),
      );
      void connection.closed.then(() => forget(connection));
    },
    release: () => {
      const connections = [...held.keys()];
      for (const connection of connections) forget(connection);
      return connections;
    },
  };
};
