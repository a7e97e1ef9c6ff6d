import type { TLSSocket } from 'node:tls';
import {
  type Actor,
  type ActorComponents,
  brandAs,
  type ConnectionId,
  type DeviceId,
  ipOf,
  type SocketAddress,
  type TcpLink,
  type TcpTransportChannel,
  unmappedIp,
} from '@bowline/contracts';
import { TcpConnectionClosedError, TcpUnreachableError } from './errors.ts';
import { type LinkedDevice, linkedDevice } from './linked-device.ts';
import { resolveTcpTransportOptions, type TcpTransportOptions } from './options.ts';
import { secureServer } from './secure-sockets.ts';
import { type TcpConnection, tcpConnection } from './tcp-connection.ts';
import { tcpListeners } from './tcp-listeners.ts';
import { unknownConnections } from './unknown-connections.ts';

/** A connection, and what is told of it. */
interface KnownConnection {
  readonly connection: TcpConnection;
  readonly deviceId: DeviceId;
  readonly remoteAddress: SocketAddress;
  readonly dialledBy: 'us' | 'peer';
}

/**
 * The keeper of TCP connections. The host tells it which devices are linked, with keys that only the two have, and where
 * to listen; it owns every socket it opens, and all of them end with it.
 */
export const tcpTransport = (
  input: Partial<TcpTransportOptions> = {},
): ((components: ActorComponents<TcpTransportChannel>) => Actor<TcpTransportChannel>) => {
  const options = resolveTcpTransportOptions(input);
  return (components) => {
    const { clock, random, emit } = components;
    const logger = components.logger.child({ component: 'tcp-transport' });
    const devices = new Map<DeviceId, LinkedDevice>();
    const connections = new Map<ConnectionId, KnownConnection>();
    let localIps: readonly string[] = [];
    let isStarted = false;

    const deviceOfIdentity = (identity: string): LinkedDevice | undefined =>
      [...devices.values()].find(({ link }) => link.accepted.identity === identity);

    const established =
      (deviceId: DeviceId) =>
      (socket: TLSSocket, dialledBy: 'us' | 'peer', onClosed: (wasInUse: boolean) => void): TcpConnection => {
        const connectionId = brandAs<ConnectionId>(Buffer.from(random.bytes(16)).toString('hex'));
        const remoteAddress = remoteAddressOf(socket);
        const connection = tcpConnection({
          connectionId,
          socket,
          dialledBy,
          clock,
          options,
          listener: {
            onOpened: (streamId) => emit('stream.opened', { connectionId, streamId }),
            onReceived: (streamId, bytes) => emit('stream.received', { connectionId, streamId, bytes }),
            onEnded: (streamId) => emit('stream.ended', { connectionId, streamId }),
            onLeft: (streamId, code) => emit('stream.left', { connectionId, streamId, code }),
            onClosed: (reason, wasInUse) => {
              connections.delete(connectionId);
              logger.debug({ deviceId, connectionId, reason }, 'TCP connection closed');
              onClosed(wasInUse);
              const { sentBytes, receivedBytes } = connection;
              if (isStarted)
                emit('connection.closed', { connectionId, deviceId, carried: { sentBytes, receivedBytes } });
            },
          },
        });
        connections.set(connectionId, { connection, deviceId, remoteAddress, dialledBy });
        logger.debug({ deviceId, connectionId, remoteAddress, dialledBy }, 'TCP connection stands');
        emit('connection.opened', { connectionId, deviceId, remoteAddress, dialledBy });
        return connection;
      };

    const isOfLinkedDevice = (ip: string): boolean =>
      [...devices.values()].some(({ link }) => link.addresses.some((address) => ipOf(address) === ip));

    const unknown = unknownConnections({ clock, options, isOfLinkedDevice });
    const server = secureServer(
      (identity) => deviceOfIdentity(identity)?.link.accepted,
      options.handshakeTimeoutMs,
      (socket, identity) => {
        unknown.known(socket);
        if ((deviceOfIdentity(identity)?.accept(socket) ?? null) === null) socket.destroy();
      },
    );
    const listeners = tcpListeners({
      clock,
      logger,
      onConnection: (socket) => {
        socket.on('error', () => undefined);
        if (unknown.admit(socket)) server.emit('connection', socket);
      },
      onChanged: (addresses) => emit('listening.changed', { addresses }),
    });

    const put = (link: TcpLink): void => {
      const { deviceId } = link;
      const known = devices.get(deviceId);
      if (known !== undefined && isSameLife(known.link, link)) {
        known.update(link);
        return;
      }
      known?.end();
      devices.set(
        deviceId,
        linkedDevice({
          link,
          clock,
          logger,
          options,
          localIps: () => localIps,
          onDialFailed: (failure) => emit('dial.failed', { deviceId, failure }),
          established: established(deviceId),
        }),
      );
    };
    const remove = (deviceId: DeviceId): void => {
      devices.get(deviceId)?.end();
      devices.delete(deviceId);
    };

    const connectionOf = (connectionId: ConnectionId): TcpConnection => {
      const known = connections.get(connectionId);
      if (known === undefined) throw new TcpConnectionClosedError();
      return known.connection;
    };

    return {
      start: () => {
        isStarted = true;
        return Promise.resolve();
      },
      stop: async () => {
        isStarted = false;
        for (const deviceId of [...devices.keys()]) remove(deviceId);
        unknown.stop();
        await listeners.stop();
      },
      handlers: {
        setLinks: ({ links, listenAt, dialFrom }) => {
          const linked = new Set(links.map(({ deviceId }) => deviceId));
          for (const deviceId of [...devices.keys()]) if (!linked.has(deviceId)) remove(deviceId);
          for (const link of links) put(link);
          localIps = dialFrom;
          listeners.listenAt(isStarted ? listenAt : []);
        },
        connect: async ({ deviceId }) => {
          const device = devices.get(deviceId);
          if (device === undefined) throw new TcpUnreachableError(deviceId, options.retryMs);
          const { connectionId } = await device.connect();
          return { connectionId };
        },
        openStream: ({ connectionId, streamId, first }) => connectionOf(connectionId).open(streamId, first),
        writeStream: ({ connectionId, streamId, pieces, isLast }) =>
          connectionOf(connectionId).write(streamId, pieces, isLast),
        leaveStream: ({ connectionId, streamId, code }) =>
          connections.get(connectionId)?.connection.leave(streamId, code),
        taken: ({ connectionId, bytes }) => connections.get(connectionId)?.connection.taken(bytes),
        status: () => ({
          listeningAt: listeners.addresses,
          links: Array.from(devices.values(), (device) => device.status),
          connections: Array.from(connections, ([connectionId, { connection, ...known }]) => ({
            connectionId,
            deviceId: known.deviceId,
            remoteAddress: known.remoteAddress,
            dialledBy: known.dialledBy,
            sentBytes: connection.sentBytes,
            receivedBytes: connection.receivedBytes,
            bytesPerSecond: connection.bytesPerSecond,
          })),
        }),
      },
    };
  };
};

/** Whether two lists mean one link; where the device may be dialled may differ. */
const isSameLife = (before: TcpLink, after: TcpLink): boolean =>
  before.dialled.identity === after.dialled.identity && before.accepted.identity === after.accepted.identity;

const remoteAddressOf = ({ remoteAddress = '', remotePort = 0 }: TLSSocket): SocketAddress => {
  const ip = unmappedIp(remoteAddress);
  return brandAs<SocketAddress>(ip.includes(':') ? `[${ip}]:${remotePort}` : `${ip}:${remotePort}`);
};
