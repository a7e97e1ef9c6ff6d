import type {
  Cancel,
  ChannelClient,
  ConnectionId,
  ConnectionStream,
  DeviceId,
  TcpTransportChannel,
} from '@bowline/contracts';
import type { PeerServices } from './peer-services.ts';

/** Bytes taken of a connection before it is said: a thirtieth of what may be under way. */
const TAKEN_STEP_BYTES = 131_072;

/** The TCP connections there are, each with the device it leads to; what is told of their streams goes to that one. */
export interface TcpConnections {
  listen(): readonly Cancel[];
  /** All are gone. */
  drop(): void;
}

export const tcpConnections = (
  tcp: ChannelClient<TcpTransportChannel>,
  peerOf: (deviceId: DeviceId) => PeerServices | undefined,
): TcpConnections => {
  const connections = new Map<ConnectionId, { readonly deviceId: DeviceId; takenBytes: number }>();

  const peerOn = (connectionId: ConnectionId): PeerServices | undefined => {
    const known = connections.get(connectionId);
    return known === undefined ? undefined : peerOf(known.deviceId);
  };
  const rawOf = (ids: ConnectionStream) => peerOn(ids.connectionId)?.rawOf(ids.connectionId, ids.streamId);

  /** Whoever the bytes were for has kept them within its window, or thrown them away: they hold up nobody. */
  const taken = (connectionId: ConnectionId, count: number): void => {
    const known = connections.get(connectionId);
    if (known === undefined) return;
    known.takenBytes += count;
    if (known.takenBytes < TAKEN_STEP_BYTES) return;
    tcp.request('taken', { connectionId, bytes: known.takenBytes }).catch(() => undefined);
    known.takenBytes = 0;
  };

  const close = (connectionId: ConnectionId): void => {
    const peer = peerOn(connectionId);
    connections.delete(connectionId);
    peer?.tcpClosed(connectionId);
  };

  return {
    listen: () => [
      tcp.on('connection.opened', ({ connectionId, deviceId }) => {
        connections.set(connectionId, { deviceId, takenBytes: 0 });
        peerOf(deviceId)?.tcpOpened(connectionId);
      }),
      tcp.on('connection.closed', ({ connectionId }) => close(connectionId)),
      tcp.on('stream.opened', ({ connectionId, streamId }) => peerOn(connectionId)?.opened(connectionId, streamId)),
      tcp.on('stream.received', (ids) => {
        rawOf(ids)?.received(ids.bytes);
        taken(ids.connectionId, ids.bytes.byteLength);
      }),
      tcp.on('stream.ended', (ids) => rawOf(ids)?.ended()),
      tcp.on('stream.left', (ids) => rawOf(ids)?.leftByPeer(ids.code)),
    ],
    drop: () => {
      for (const connectionId of [...connections.keys()]) close(connectionId);
    },
  };
};
