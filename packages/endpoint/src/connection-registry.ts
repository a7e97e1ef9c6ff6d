import {
  type ActorComponents,
  brandAs,
  type CloseName,
  type ConnectionBytes,
  type ConnectionId,
  type ConnectionInfo,
  type EndpointChannel,
  type EndpointId,
} from '@bowline/contracts';
import type { Connection as NativeConnection } from '@number0/iroh/index.js';
import type { ChangePoller } from './change-poller.ts';
import { ConnectionClosedError } from './errors.ts';
import { type FramedConnection, framedConnection } from './framed-connection.ts';
import type { HandleCollector } from './handle-collector.ts';
import { nativeBytesToHex } from './native-bytes.ts';
import type { EndpointOptions } from './options.ts';

/** Every open connection of the actor; it tells their frames, paths and ends on the channel. */
export interface ConnectionRegistry {
  /** Takes a connection over; it tells from now on. Told as accepted first when it came in. */
  open(native: NativeConnection, opening: ConnectionOpening): ConnectionInfo;
  has(connectionId: ConnectionId): boolean;
  /** @throws {@link ConnectionClosedError} */
  get(connectionId: ConnectionId): FramedConnection;
  /** Every open connection, and what it has carried directly. */
  countBytes(): readonly ConnectionBytes[];
  /** Closes those of one endpoint that `isMeant` picks. */
  closeThose(localEndpointId: EndpointId, isMeant: (info: ConnectionInfo) => boolean, name: CloseName): void;
}

/** What is known of a connection when it is taken over. */
export interface ConnectionOpening {
  readonly connectionId: ConnectionId;
  readonly localEndpointId: EndpointId;
  readonly alpn: string;
  readonly isIncoming: boolean;
  readonly maxFrameBytes: number;
  readonly maxStreams: number;
  readonly onClosed: () => void;
}

/** The other side's id as the handshake has proven it. */
export const remoteIdOf = (native: NativeConnection): EndpointId =>
  brandAs<EndpointId>(nativeBytesToHex(native.remoteId().toBytes()));

/** @param components.emit hears everything the connections tell. */
export const connectionRegistry = (
  components: ActorComponents<EndpointChannel>,
  options: EndpointOptions,
  poller: ChangePoller,
  handles: HandleCollector,
): ConnectionRegistry => {
  const { clock, logger, emit } = components;
  const connections = new Map<ConnectionId, FramedConnection>();

  return {
    open: (native, opening) => {
      const { connectionId, localEndpointId, alpn, isIncoming, maxFrameBytes, maxStreams } = opening;
      const info = { connectionId, localEndpointId, remoteEndpointId: remoteIdOf(native), alpn };
      const limits = { maxFrameBytes, maxStreams };
      const connection = framedConnection({ native, info, isIncoming, ...limits, options, clock, logger, poller });
      connections.set(connectionId, connection);
      const opened = connection.info();
      if (isIncoming) emit('connection.accepted', opened);
      connection.start({
        onFrame: (frame) => emit('frame.received', { connectionId, frame }),
        onPathChanged: (path) => emit('connection.pathChanged', { ...connection.info(), path }),
        onLossChanged: (lossRatio) => emit('connection.lossChanged', { connectionId, lossRatio }),
        onUnanswered: () => emit('heartbeat.unanswered', { connectionId }),
        onRoundTrip: (rttMs) => emit('heartbeat.roundTripChanged', { connectionId, rttMs }),
        streams: {
          onOpened: (streamId) => emit('stream.opened', { connectionId, streamId }),
          onReceived: (streamId, bytes) => emit('stream.received', { connectionId, streamId, bytes }),
          onEnded: (streamId) => emit('stream.ended', { connectionId, streamId }),
          onLeft: (streamId, code) => emit('stream.left', { connectionId, streamId, code }),
          onDatagram: (bytes) => emit('datagram.received', { connectionId, bytes }),
        },
        onClosed: (close) => {
          connections.delete(connectionId);
          opening.onClosed();
          handles.noteOver();
          logger.debug({ ...info, ...close }, 'connection closed');
          emit('connection.closed', { ...connection.info(), close, direct: connection.countDirectBytes() });
        },
      });
      return opened;
    },
    has: (connectionId) => connections.has(connectionId),
    get: (connectionId) => {
      const connection = connections.get(connectionId);
      if (connection === undefined) throw new ConnectionClosedError(connectionId);
      return connection;
    },
    countBytes: () =>
      Array.from(connections.values(), (connection) => {
        const { connectionId, remoteEndpointId } = connection.info();
        return { connectionId, remoteEndpointId, direct: connection.countDirectBytes() };
      }),
    closeThose: (localEndpointId, isMeant, name) => {
      for (const connection of [...connections.values()]) {
        const info = connection.info();
        if (info.localEndpointId === localEndpointId && isMeant(info)) connection.close(name, '');
      }
    },
  };
};
