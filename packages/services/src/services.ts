import {
  type Actor,
  type ActorComponents,
  type Cancel,
  type ChannelClient,
  type ConnectionId,
  type ConnectionStream,
  type DeviceId,
  type EndpointChannel,
  type LinksChannel,
  peersGone,
  type ServicePeer,
  type ServiceStreamId,
  type ServicesChannel,
  STREAM_LEFT_CODE,
  type TcpTransportChannel,
} from '@bowline/contracts';
import { checkLoan, checkOpen, checkResetCode, checkWrite } from './check-input.ts';
import { earlyStreams } from './early-streams.ts';
import {
  DeviceUnknownError,
  ServiceStreamClosedError,
  ServiceStreamIdInUseError,
  ServicesStoppedError,
  StreamPeerRemovedError,
} from './errors.ts';
import { keptFailures } from './kept-failures.ts';
import type { KeptStream } from './kept-stream.ts';
import { resolveServicesOptions, type ServicesOptions } from './options.ts';
import { type PeerServices, peerServices } from './peer-services.ts';
import { serviceAdmission } from './service-admission.ts';
import { tcpConnections } from './tcp-connections.ts';

/** What services need beside what every actor is given. */
export interface ServicesComponents extends ActorComponents<ServicesChannel> {
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly links: ChannelClient<LinksChannel>;
  readonly tcp: ChannelClient<TcpTransportChannel>;
}

/** Longest id of a stream, characters. */
const MAX_STREAM_ID_CHARACTERS = 64;

/**
 * The keeper of services: what paired devices serve each other, and the streams to it, over all connections of their
 * links. The host starts it before links, tells it the peers and what is served, and stops it first; it owns what was
 * written and not acknowledged.
 */
export const services = (
  input: Partial<ServicesOptions> = {},
): ((components: ServicesComponents) => Actor<ServicesChannel>) => {
  const options = resolveServicesOptions(input);
  return (components) => {
    const { endpoint, links, tcp, clock, random } = components;
    const logger = components.logger.child({ component: 'services' });
    const admission = serviceAdmission(clock);
    const peers = new Map<DeviceId, { readonly pairing: number; readonly services: PeerServices }>();
    const byConnection = new Map<ConnectionId, PeerServices>();
    const streams = new Map<ServiceStreamId, { readonly peer: PeerServices; readonly stream: KeptStream }>();
    const failures = keptFailures();
    const early = earlyStreams();
    const overTcp = tcpConnections(tcp, (deviceId) => peers.get(deviceId)?.services);
    let cancels: readonly Cancel[] = [];
    let isStarted = false;

    const settle = (stream: KeptStream): void => {
      const { streamId, failure } = stream;
      if (!streams.delete(streamId)) return;
      if (failure !== null) failures.keep(streamId, failure);
      if (isStarted) components.emit('stream.closed', { streamId });
    };

    const newPeer = (deviceId: DeviceId): PeerServices => {
      const peer = peerServices({
        deviceId,
        endpoint,
        links,
        tcp,
        clock,
        random,
        logger,
        options,
        admission,
        onOpened: (stream) => {
          const { streamId, service } = stream;
          streams.set(streamId, { peer, stream });
          components.emit('stream.opened', { streamId, deviceId, service });
        },
        onSettled: settle,
      });
      return peer;
    };
    const peerOf = (deviceId: DeviceId): PeerServices => {
      const peer = peers.get(deviceId);
      if (peer === undefined) throw new DeviceUnknownError(deviceId);
      return peer.services;
    };
    const streamOf = (streamId: ServiceStreamId) => {
      const found = streams.get(streamId);
      if (found === undefined) throw failures.of(streamId) ?? new ServiceStreamClosedError(streamId);
      return found;
    };

    const remove = (deviceId: DeviceId): void => {
      const peer = peers.get(deviceId);
      if (peer === undefined) return;
      peers.delete(deviceId);
      const { connectionId } = peer.services;
      if (connectionId !== null) byConnection.delete(connectionId);
      peer.services.end(new StreamPeerRemovedError(deviceId));
    };
    const put = ({ deviceId, pairing }: ServicePeer): void => {
      const known = peers.get(deviceId);
      if (known?.pairing === pairing) return;
      remove(deviceId);
      peers.set(deviceId, { pairing, services: newPeer(deviceId) });
    };

    /** What the endpoint tells of streams, for whoever's connection it is. */
    const toStream = (ids: ConnectionStream, then: (peer: PeerServices) => void): void => {
      const peer = byConnection.get(ids.connectionId);
      if (peer !== undefined) then(peer);
      else if (!early.hold(ids.connectionId, then)) {
        endpoint.request('leaveStream', { ...ids, code: STREAM_LEFT_CODE }).catch(() => undefined);
      }
    };

    const listen = (): readonly Cancel[] => [
      links.on('link.up', ({ deviceId, connectionId, path }) => {
        const peer = peers.get(deviceId)?.services;
        if (peer === undefined) return;
        if (peer.connectionId !== null) byConnection.delete(peer.connectionId);
        peer.linkUp(connectionId, path);
        byConnection.set(connectionId, peer);
        for (const then of early.release(connectionId)) then(peer);
      }),
      links.on('link.down', ({ deviceId }) => {
        const peer = peers.get(deviceId)?.services;
        if (peer === undefined || peer.connectionId === null) return;
        byConnection.delete(peer.connectionId);
        peer.linkDown();
      }),
      links.on('link.pathChanged', ({ deviceId, path }) => peers.get(deviceId)?.services.pathMoved(path)),
      links.on('features.received', ({ deviceId, connectionId, features }) =>
        peers.get(deviceId)?.services.featuresTold(connectionId, features),
      ),
      endpoint.on('connection.closed', ({ connectionId }) => early.forget(connectionId)),
      endpoint.on('stream.opened', (ids) => toStream(ids, (peer) => peer.opened(ids.connectionId, ids.streamId))),
      endpoint.on('stream.received', (ids) =>
        toStream(ids, (peer) => peer.rawOf(ids.connectionId, ids.streamId)?.received(ids.bytes)),
      ),
      endpoint.on('stream.ended', (ids) =>
        toStream(ids, (peer) => peer.rawOf(ids.connectionId, ids.streamId)?.ended()),
      ),
      endpoint.on('stream.left', (ids) =>
        toStream(ids, (peer) => peer.rawOf(ids.connectionId, ids.streamId)?.leftByPeer(ids.code)),
      ),
      ...overTcp.listen(),
      endpoint.on('datagram.received', ({ connectionId, bytes }) => {
        for (const [deviceId, peer] of peers) {
          if (peer.services.connectionId === connectionId) components.emit('datagram.received', { deviceId, bytes });
        }
      }),
    ];

    const stop = (): Promise<void> => {
      isStarted = false;
      for (const cancel of cancels) cancel();
      cancels = [];
      for (const { services: peer } of peers.values()) peer.end(new ServicesStoppedError());
      peers.clear();
      byConnection.clear();
      streams.clear();
      failures.clear();
      return Promise.resolve();
    };

    return {
      start: () => {
        if (!isStarted) cancels = listen();
        isStarted = true;
        return Promise.resolve();
      },
      stop,
      handlers: {
        setPeers: (list) => {
          for (const deviceId of peersGone(list, peers.keys())) remove(deviceId);
          for (const peer of list.peers) put(peer);
        },
        setServices: ({ services: offers }) => {
          admission.setServices(offers);
          for (const peer of peers.values()) peer.services.enforce();
        },
        listServices: async ({ deviceId }, { signal }) => ({ services: await peerOf(deviceId).list(signal) }),
        open: async (request, { signal }) => {
          const { deviceId, streamId, service, first } = request;
          const peer = peerOf(deviceId);
          checkOpen(service, first);
          if (streamId === '' || streamId.length > MAX_STREAM_ID_CHARACTERS || streams.has(streamId)) {
            throw new ServiceStreamIdInUseError(streamId);
          }
          const stream = peer.create(request);
          streams.set(streamId, { peer, stream });
          try {
            await peer.open(stream, signal);
          } catch (error) {
            streams.delete(streamId);
            throw error;
          }
        },
        read: async ({ streamId }, context) => {
          const { peer, stream } = streamOf(streamId);
          const pieces = await stream.read(context);
          if (pieces.length === 0) peer.tidy(stream);
          return { pieces };
        },
        write: ({ streamId, bytes }, context) => {
          checkWrite(bytes);
          return streamOf(streamId).stream.write(bytes, context);
        },
        lend: async ({ streamId, bytes }, context) => {
          checkLoan(bytes);
          const { stream } = streamOf(streamId);
          await stream.write(bytes, context);
          return { keptBytes: stream.machine.keptBytes };
        },
        end: ({ streamId }, context) => streamOf(streamId).stream.end(context),
        reset: ({ streamId, code }) => {
          checkResetCode(code);
          streams.get(streamId)?.stream.reset(code, 'us');
        },
        sendDatagram: ({ deviceId, bytes }, { signal }) => peerOf(deviceId).sendDatagram(bytes, signal),
        dropTcp: () => overTcp.drop(),
        status: () => ({
          streams: Array.from(peers.values()).flatMap(({ services: peer }) =>
            Array.from(peer.streams(), (stream) => stream.status()),
          ),
        }),
      },
    };
  };
};
