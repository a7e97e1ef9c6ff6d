import {
  type Actor,
  type ActorComponents,
  type BindInput,
  type BoundEndpoint,
  type ChannelHandlers,
  type ConnectionInfo,
  type DialInput,
  type EndpointChannel,
  type EndpointId,
  InvalidOptionError,
  parseRelayUrl,
  parseSocketAddress,
  type RelayUrl,
  type RequestContext,
  type SocketAddress,
} from '@bowline/contracts';
import { RelayMode } from '@number0/iroh/index.js';
import { type EndpointSurroundings, openEndpoint, type WorkingEndpoint } from './bound-endpoint.ts';
import { endpointIdOf } from './bound-iroh.ts';
import { changePoller } from './change-poller.ts';
import { checkBindInput, checkFrameLimit } from './check-bind-input.ts';
import { connectionRegistry } from './connection-registry.ts';
import { dialler } from './dialler.ts';
import { discardConnection } from './discard-connection.ts';
import {
  ConnectionIdInUseError,
  EndpointAlreadyBoundError,
  EndpointNotBoundError,
  RequestCancelledError,
} from './errors.ts';
import { prepareNativeEnvironment } from './native-environment.ts';
import { type EndpointOptions, resolveEndpointOptions } from './options.ts';
import { refusalThrottle } from './refusal-throttle.ts';

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
    const registry = connectionRegistry(components, options, poller);
    const dials = dialler(clock, options);
    const around: EndpointSurroundings = {
      components,
      options,
      poller,
      registry,
      budget: { pending: 0 },
      isTellable: refusalThrottle(),
    };
    const bound = new Map<EndpointId, WorkingEndpoint>();
    const binding = new Map<EndpointId, Promise<unknown>>();
    const unbinding = new Map<EndpointId, Promise<void>>();
    let stopping: Promise<void> | null = null;

    const find = (endpointId: EndpointId): WorkingEndpoint => {
      const found = bound.get(endpointId);
      if (found === undefined) throw new EndpointNotBoundError(endpointId);
      return found;
    };

    const bind = (bindInput: BindInput, { signal }: RequestContext): Promise<BoundEndpoint> => {
      checkBindInput(bindInput, options.frameCeilingBytes);
      const endpointId = endpointIdOf(bindInput.secretKey);
      if (bound.has(endpointId) || binding.has(endpointId)) throw new EndpointAlreadyBoundError(endpointId);
      const opening = open(endpointId, bindInput, signal).finally(() => binding.delete(endpointId));
      binding.set(endpointId, opening);
      return opening;
    };

    const open = async (endpointId: EndpointId, bindInput: BindInput, signal: AbortSignal): Promise<BoundEndpoint> => {
      // The same key twice would split its packets, so an endpoint on its way out is waited for.
      await unbinding.get(endpointId);
      const working = await openEndpoint(around, bindInput);
      // Nobody would know of it: the caller is gone, or the actor is stopping.
      if (signal.aborted || stopping !== null) {
        await working.close();
        throw new RequestCancelledError('bind');
      }
      bound.set(endpointId, working);
      const described = working.iroh.describe();
      logger.info({ endpointId, port: described.port }, 'endpoint bound');
      return described;
    };

    const unbind = async (endpointId: EndpointId): Promise<void> => {
      const working = bound.get(endpointId);
      if (working === undefined) return unbinding.get(endpointId);
      bound.delete(endpointId);
      dials.abandonFrom(endpointId);
      const closing = working.close().finally(() => unbinding.delete(endpointId));
      unbinding.set(endpointId, closing);
      await closing;
      logger.info({ endpointId }, 'endpoint unbound');
    };

    const dial = async (dialInput: DialInput, { signal }: RequestContext): Promise<ConnectionInfo> => {
      const { from, connectionId, alpn } = dialInput;
      const working = find(from);
      if (registry.has(connectionId)) throw new ConnectionIdInUseError(connectionId);
      const native = await dials.dial(working.iroh, dialInput, signal);
      // What ended the dial may have come when iroh had just connected.
      if (bound.get(from) !== working || signal.aborted) {
        discardConnection(native, 'cancelled');
        throw signal.aborted ? new RequestCancelledError('dial') : new EndpointNotBoundError(from);
      }
      const maxFrameBytes = working.maxFrameBytesOf(alpn);
      const opening = { connectionId, localEndpointId: from, alpn, isIncoming: false, maxFrameBytes };
      return registry.open(native, { ...opening, onClosed: () => undefined });
    };

    const handlers: ChannelHandlers<EndpointChannel> = {
      bind,
      unbind: ({ endpointId }) => unbind(endpointId),
      replaceRelay: ({ endpointId, loopbackRelayUrl }) => find(endpointId).iroh.replaceRelay(loopbackRelayUrl),
      setAdmitted: ({ endpointId, admitted }) => find(endpointId).setAdmitted(admitted),
      dial,
      send: ({ connectionId, frame }, { signal }) => registry.get(connectionId).send(frame, signal),
      allowFrames: ({ connectionId, maxFrameBytes }) => {
        checkFrameLimit('maxFrameBytes', maxFrameBytes, options.frameCeilingBytes);
        registry.get(connectionId).allowFrames(maxFrameBytes);
      },
      close: ({ connectionId, name, reason }) => {
        dials.abandon(connectionId);
        if (registry.has(connectionId)) registry.get(connectionId).close(name, reason);
      },
      addExternalAddress: ({ endpointId, address }) => find(endpointId).addExternalAddress(checkSocketAddress(address)),
      publicRelays: () => ({ relayUrls: publicRelays() }),
      describe: ({ endpointId }) => find(endpointId).iroh.describe(),
      inspect: ({ connectionId }) => ({ path: registry.get(connectionId).inspect() }),
    };

    const stop = async (): Promise<void> => {
      // A bind under way sees `stopping` and closes what it opened.
      await Promise.allSettled([...binding.values()]);
      await Promise.all([...[...bound.keys()].map(unbind), ...unbinding.values()]);
      poller.stop();
    };

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
const publicRelays = (): readonly RelayUrl[] =>
  RelayMode.defaultMode()
    .relayMap()
    .urls()
    .map((url) => parseRelayUrl(url))
    .filter((url) => url !== undefined);

const checkSocketAddress = (address: SocketAddress): SocketAddress => {
  const parsed = parseSocketAddress(address);
  if (parsed === undefined) throw new InvalidOptionError('address', 'must be a socket address', address);
  return parsed;
};
