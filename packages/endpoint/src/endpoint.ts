import {
  type Actor,
  type ActorComponents,
  type ChannelHandlers,
  type ConnectionId,
  type ConnectionInfo,
  type DialInput,
  type EndpointChannel,
  type EndpointId,
  errorMessage,
  InvalidOptionError,
  type PublicRelay,
  parseRelayUrl,
  parseSocketAddress,
  type RequestContext,
  type SocketAddress,
} from '@bowline/contracts';
import { RelayMode } from '@number0/iroh/index.js';
import type { EndpointComponents } from './bound-endpoint.ts';
import { changePoller } from './change-poller.ts';
import { checkFrameLimit } from './check-bind-input.ts';
import { connectionRegistry } from './connection-registry.ts';
import { dialler } from './dialler.ts';
import { discardConnection } from './discard-connection.ts';
import { endpointRoster } from './endpoint-roster.ts';
import {
  ConnectionIdInUseError,
  EndpointBlockedError,
  EndpointNotBoundError,
  FrameTooLargeError,
  RequestCancelledError,
} from './errors.ts';
import { handleCollector } from './handle-collector.ts';
import { handshakeShares } from './handshake-shares.ts';
import { prepareNativeEnvironment } from './native-environment.ts';
import { type EndpointOptions, resolveEndpointOptions } from './options.ts';
import { refusalThrottle } from './refusal-throttle.ts';

/** Addresses of address observation at once: more than a device has that others can be offered. */
const MAX_EXTERNAL_ADDRESSES = 8;

/**
 * The sole owner of iroh endpoints. Whoever places it starts it once; it ends with `stop`, which closes every endpoint
 * with a word to its peers. It holds every native handle until iroh is done with it, because iroh takes a collected
 * handle for a closed one. Place it in a process of its own or inline, never in a thread: iroh cannot be torn down with one.
 *
 * @throws {@link InvalidOptionError} from the first call, for an option that breaks its rule.
 */
export const endpoint =
  (input: Partial<EndpointOptions> = {}) =>
  (components: ActorComponents<EndpointChannel>): Actor<EndpointChannel> => {
    const options = resolveEndpointOptions(input);
    const { clock, logger } = components;
    const poller = changePoller(clock, options);
    const handles = handleCollector();
    const registry = connectionRegistry(components, options, poller, handles);
    const dials = dialler(clock, options, handles);
    let blocked: ReadonlySet<EndpointId> = new Set();
    const shared: EndpointComponents = {
      components,
      options,
      poller,
      registry,
      budget: { pending: 0, shares: handshakeShares() },
      handles,
      isBlocked: (remote) => blocked.has(remote),
      isTellable: refusalThrottle(),
    };
    const roster = endpointRoster(shared, dials.abandonFrom);

    const dial = async (dialInput: DialInput, { signal }: RequestContext): Promise<ConnectionInfo> => {
      const { from, connectionId, alpn, firstFrame } = dialInput;
      if (blocked.has(dialInput.to)) throw new EndpointBlockedError(dialInput.to);
      checkFirstFrame(firstFrame, options);
      const working = roster.find(from);
      if (registry.has(connectionId)) throw new ConnectionIdInUseError(connectionId);
      const native = await dials.dial(working.iroh, dialInput, signal);
      // What ended the dial may have come when iroh had just connected.
      if (blocked.has(dialInput.to)) {
        discardConnection(native, 'blocked');
        throw new EndpointBlockedError(dialInput.to);
      }
      if (!roster.has(working) || signal.aborted) {
        discardConnection(native, 'cancelled');
        throw signal.aborted ? new RequestCancelledError('dial') : new EndpointNotBoundError(from);
      }
      const maxFrameBytes = working.maxFrameBytesOf(alpn);
      const maxStreams = working.maxStreamsOf(alpn);
      const opening = { connectionId, localEndpointId: from, alpn, isIncoming: false, maxFrameBytes, maxStreams };
      const info = registry.open(native, { ...opening, onClosed: () => undefined });
      if (firstFrame !== undefined) sendFirst(connectionId, firstFrame);
      return info;
    };

    const sendFirst = (connectionId: ConnectionId, frame: Uint8Array): void => {
      const sent = registry.get(connectionId).send(frame, new AbortController().signal);
      sent.catch((error: unknown) =>
        logger.debug({ connectionId, error: errorMessage(error) }, 'first frame not sent'),
      );
    };

    const handlers: ChannelHandlers<EndpointChannel> = {
      bind: roster.bind,
      unbind: ({ endpointId }) => roster.unbind(endpointId),
      replaceRelay: ({ endpointId, loopbackRelayUrl }) =>
        roster.find(endpointId).iroh.relays.moveLoopback(loopbackRelayUrl),
      discoverAddresses: ({ endpointId, relay }) => roster.find(endpointId).iroh.relays.discover(relay),
      setAdmitted: ({ endpointId, admitted, unpaired }) => roster.find(endpointId).setAdmitted(admitted, unpaired),
      setBlocked: (list) => {
        blocked = new Set(list.blocked);
        for (const working of roster.all()) working.endBlocked();
      },
      dial,
      send: ({ connectionId, frame }, { signal }) => registry.get(connectionId).send(frame, signal),
      setIdleHeartbeat: ({ connectionId, heartbeat }) => registry.get(connectionId).setIdleHeartbeat(heartbeat),
      allowFrames: ({ connectionId, maxFrameBytes }) => {
        checkFrameLimit('maxFrameBytes', maxFrameBytes, options.frameCeilingBytes);
        registry.get(connectionId).allowFrames(maxFrameBytes);
      },
      openStream: ({ connectionId, streamId, first }, { signal }) =>
        registry.get(connectionId).streams().open(streamId, first, signal),
      writeStream: ({ connectionId, streamId, bytes, isLast }) =>
        registry.get(connectionId).streams().write(streamId, bytes, isLast),
      allowStream: ({ connectionId, streamId, bytes }) => {
        if (registry.has(connectionId)) registry.get(connectionId).streams().allow(streamId, bytes);
      },
      leaveStream: ({ connectionId, streamId, code }) => {
        if (registry.has(connectionId)) registry.get(connectionId).streams().leave(streamId, code);
      },
      sendDatagram: ({ connectionId, bytes }) => registry.get(connectionId).streams().sendDatagram(bytes),
      close: ({ connectionId, name, reason }) => {
        dials.abandon(connectionId);
        if (registry.has(connectionId)) registry.get(connectionId).close(name, reason);
      },
      setExternalAddresses: ({ endpointId, addresses }) =>
        roster.find(endpointId).setExternalAddresses(checkExternalAddresses(addresses)),
      publicRelays: () => ({ relays: publicRelays() }),
      readBound: ({ endpointId }) => roster.find(endpointId).iroh.describe(),
      readPortMapping: ({ endpointId }) => roster.find(endpointId).iroh.portMapping(),
      inspect: ({ connectionId }) => registry.get(connectionId).inspect(),
      countBytes: () => ({ connections: registry.countBytes() }),
    };

    const stop = async (): Promise<void> => {
      await roster.stop();
      poller.stop();
    };
    let stopping: Promise<void> | null = null;

    return {
      handlers,
      start: () => {
        prepareNativeEnvironment(process.env);
        return Promise.resolve();
      },
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  };

/** What iroh would use by itself, read without contacting anything. */
const publicRelays = (): readonly PublicRelay[] => {
  const relays = RelayMode.defaultMode().relayMap();
  return relays.urls().flatMap((text) => {
    const url = parseRelayUrl(text);
    return url === undefined ? [] : [{ url, quicPort: relays.get(text)?.quicPort ?? null }];
  });
};

const checkFirstFrame = (frame: Uint8Array | undefined, { frameCeilingBytes }: EndpointOptions): void => {
  const sizeBytes = frame?.byteLength ?? 0;
  if (sizeBytes > frameCeilingBytes) throw new FrameTooLargeError(sizeBytes, frameCeilingBytes);
};

const checkExternalAddresses = (addresses: readonly SocketAddress[]): readonly SocketAddress[] => {
  if (addresses.length > MAX_EXTERNAL_ADDRESSES) {
    throw new InvalidOptionError('addresses', `must be at most ${MAX_EXTERNAL_ADDRESSES}`, addresses.length);
  }
  return addresses.map((address) => {
    const parsed = parseSocketAddress(address);
    if (parsed === undefined) throw new InvalidOptionError('addresses', 'must be socket addresses', address);
    return parsed;
  });
};
