import {
  type Actor,
  type ActorComponents,
  type Cancel,
  type ChannelClient,
  type DeviceId,
  type EndpointChannel,
  type EndpointId,
  LINK_ALPN,
  type LifecycleState,
  type LinkPeer,
  type LinksChannel,
  peersGone,
} from '@bowline/contracts';
import { type EndpointConnections, endpointConnections, type PeerConnection } from '@bowline/endpoint-connections';
import { machineWatch } from '@bowline/machines';
import { earlyConnections } from './early-connections.ts';
import { DeviceUnknownError, LinksUnavailableError } from './errors.ts';
import { jumpWatch } from './jump-watch.ts';
import { type LinksOptions, resolveLinksOptions } from './options.ts';
import { type OwnGreetings, ownGreetings, relaysForWire } from './own-greetings.ts';
import { type PeerLink, peerLink } from './peer-link.ts';

/** What links need beside what every actor is given. */
export interface LinksComponents extends ActorComponents<LinksChannel> {
  readonly endpoint: ChannelClient<EndpointChannel>;
}

/**
 * The keeper of links: one live connection for each paired device. The host starts it before it binds the endpoint,
 * and presents the device as soon as that is done. It owns every connection of the link protocol, and the messages
 * that wait for devices; both end with it.
 */
export const links = (input: Partial<LinksOptions> = {}): ((components: LinksComponents) => Actor<LinksChannel>) => {
  const options = resolveLinksOptions(input);
  return (components) => {
    const { clock } = components;
    const logger = components.logger.child({ component: 'links' });
    const peers = new Map<DeviceId, PeerLink>();
    const deviceOf = new Map<EndpointId, DeviceId>();
    const early = earlyConnections(clock, options.handshakeTimeoutMs);
    const machines = machineWatch({ clock, tell: (transition) => emit('machine.moved', transition) });
    let state: LifecycleState = 'idle';
    let isLeaving = false;
    let own: OwnGreetings = ownGreetings(components.random);
    let connections: EndpointConnections | null = null;
    let stopWatching: Cancel = () => undefined;

    const emit: LinksComponents['emit'] = (event, payload) => {
      if (state === 'started' || state === 'stopping') components.emit(event, payload);
    };
    const peerOf = (deviceId: DeviceId): PeerLink => {
      const peer = peers.get(deviceId);
      if (peer === undefined) throw new DeviceUnknownError(deviceId);
      return peer;
    };
    const everyPeer = (end: (peer: PeerLink) => Promise<void>): Promise<unknown> =>
      Promise.all([...peers.values()].map(end));

    const accept = (connection: PeerConnection): void => {
      const deviceId = deviceOf.get(connection.info.remoteEndpointId);
      const peer = deviceId === undefined ? undefined : peers.get(deviceId);
      // `close` never rejects.
      if (isLeaving) void connection.close('shutdown', '');
      else if (peer === undefined || own.identity === null) early.hold(connection);
      else peer.accept(connection);
    };
    const acceptEarly = (): void => {
      for (const connection of early.release()) accept(connection);
    };

    const opened = (): EndpointConnections => {
      if (connections === null) throw new LinksUnavailableError('stopped');
      return connections;
    };

    const setPeer = (peer: LinkPeer): void => {
      const known = peers.get(peer.deviceId);
      if (known !== undefined) {
        known.update(peer);
        return;
      }
      peers.set(peer.deviceId, peerLink({ peer, own, connections: opened(), clock, options, logger, emit, machines }));
      deviceOf.set(peer.endpointId, peer.deviceId);
    };
    const removePeer = async (deviceId: DeviceId): Promise<void> => {
      const peer = peers.get(deviceId);
      if (peer === undefined) return;
      peers.delete(deviceId);
      deviceOf.delete(peer.endpointId);
      await peer.remove();
    };

    const start = async (): Promise<void> => {
      if (state === 'started') return;
      own = ownGreetings(components.random);
      isLeaving = false;
      connections = endpointConnections({ ...components, logger });
      connections.onAccepted(LINK_ALPN, accept);
      stopWatching = jumpWatch(clock, () => {
        logger.info({}, 'time jumped, links have to prove themselves');
        for (const peer of peers.values()) peer.proveAlive();
      });
      state = 'started';
    };

    const stop = async (): Promise<void> => {
      if (state !== 'started') return;
      state = 'stopping';
      stopWatching();
      await everyPeer((peer) => peer.stop());
      connections?.stop();
      connections = null;
      peers.clear();
      deviceOf.clear();
      state = 'stopped';
    };

    return {
      start,
      stop,
      handlers: {
        presentSelf: (identity) => {
          const keyBefore = own.identity?.presenceKey;
          const isNews = own.present(identity);
          isLeaving = false;
          if (isNews && own.identity !== null) {
            const { name, directAddresses } = own.identity;
            for (const peer of peers.values()) peer.tell({ kind: 'update', name, directAddresses });
          }
          const { presenceKey } = identity;
          if (presenceKey !== undefined && presenceKey !== keyBefore) {
            for (const peer of peers.values()) peer.tell({ kind: 'presence', key: presenceKey });
          }
          acceptEarly();
        },
        setPeers: async (list) => {
          const ending = peersGone(list, peers.keys()).map(removePeer);
          for (const peer of list.peers) setPeer(peer);
          acceptEarly();
          await Promise.all(ending);
        },
        connect: async (request, { signal }) => {
          if (isLeaving) throw new LinksUnavailableError('leaving');
          return { path: await peerOf(request.deviceId).connect(request, signal) };
        },
        dropAll: () => {
          for (const peer of peers.values()) peer.dropped();
          connections?.dropAll('the endpoint ended');
        },
        sayGoodbye: async () => {
          isLeaving = true;
          await everyPeer((peer) => peer.leave());
        },
        sendMessage: ({ deviceId, payload, messageId = null }, { signal }) =>
          peerOf(deviceId).sendMessage({ payload, messageId }, signal),
        setReceiving: ({ deviceId, heldBack }) => peers.get(deviceId)?.setReceiving(heldBack),
        acknowledge: ({ deviceId, position }) => peers.get(deviceId)?.acknowledge(position),
        pushRelayInfo: ({ deviceIds, relayInfo }) => {
          own.presentRelays(relayInfo);
          const frame = { kind: 'relayInfo', relayInfo: relaysForWire(relayInfo) } as const;
          for (const deviceId of deviceIds) peers.get(deviceId)?.tell(frame);
        },
        tellFacts: ({ deviceIds, facts }) => {
          for (const deviceId of deviceIds) peers.get(deviceId)?.tell({ kind: 'facts', facts });
        },
        tellTcp: ({ deviceId, connectionId, share, addresses }) =>
          peers.get(deviceId)?.tellOn(connectionId, { kind: 'tcp', share, addresses }),
        askTcp: ({ deviceId }) => peers.get(deviceId)?.tell({ kind: 'askTcp' }),
        tellTcpFailure: ({ deviceId, failure }) => peers.get(deviceId)?.tell({ kind: 'tcpFailed', failure }),
        askRelayInfo: ({ deviceId }) => peers.get(deviceId)?.tell({ kind: 'askRelayInfo' }),
        noteUse: ({ deviceId, wasHeard }) => peers.get(deviceId)?.used(wasHeard),
        checkNow: () => {
          for (const peer of peers.values()) peer.proveAfterChange();
        },
        ping: ({ deviceId }, { signal }) => peerOf(deviceId).ping(signal),
        measurements: ({ deviceId }) => peerOf(deviceId).measurements(),
        watchMachines: ({ isWatched }) => ({ sessions: machines.setWatched(isWatched) }),
        status: ({ heardWithinMs }) => {
          if (heardWithinMs !== undefined) for (const peer of peers.values()) peer.askIfSilent(heardWithinMs);
          return { links: [...peers.values()].map((peer) => peer.status()) };
        },
      },
    };
  };
};
