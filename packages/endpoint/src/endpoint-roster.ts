import {
  type BindInput,
  type BoundEndpoint,
  type EndpointId,
  endpointIdOf,
  type RequestContext,
} from '@bowline/contracts';
import { type EndpointComponents, openEndpoint, type WorkingEndpoint } from './bound-endpoint.ts';
import { checkBindInput } from './check-bind-input.ts';
import { EndpointAlreadyBoundError, EndpointNotBoundError, RequestCancelledError } from './errors.ts';

/** The bound endpoints of the actor, those being bound and those on their way out. A key is in one place only. */
export interface EndpointRoster {
  /** @throws {@link EndpointNotBoundError} */
  find(endpointId: EndpointId): WorkingEndpoint;
  has(endpoint: WorkingEndpoint): boolean;
  all(): readonly WorkingEndpoint[];
  /** @throws {@link EndpointAlreadyBoundError}, `INVALID_OPTION`, `ENDPOINT_BIND_FAILED`. */
  bind(input: BindInput, context: RequestContext): Promise<BoundEndpoint>;
  /** Unknown ids are ignored. */
  unbind(endpointId: EndpointId): Promise<void>;
  /** Unbinds everything; a bind under way is undone. Nothing can be bound afterwards. */
  stop(): Promise<void>;
}

/** @param onUnbinding hears of an endpoint before it closes. */
export const endpointRoster = (
  shared: EndpointComponents,
  onUnbinding: (endpointId: EndpointId) => void,
): EndpointRoster => {
  const { logger } = shared.components;
  const bound = new Map<EndpointId, WorkingEndpoint>();
  const binding = new Map<EndpointId, Promise<unknown>>();
  const unbinding = new Map<EndpointId, Promise<void>>();
  let isStopping = false;

  const open = async (endpointId: EndpointId, input: BindInput, signal: AbortSignal): Promise<BoundEndpoint> => {
    // The same key twice would split its packets, so an endpoint on its way out is waited for.
    await unbinding.get(endpointId);
    const working = await openEndpoint(shared, input);
    // Nobody would know of it: the caller is gone, or the actor is stopping.
    if (signal.aborted || isStopping) {
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
    onUnbinding(endpointId);
    const closing = working.close().finally(() => unbinding.delete(endpointId));
    unbinding.set(endpointId, closing);
    await closing;
    logger.info({ endpointId }, 'endpoint unbound');
  };

  return {
    find: (endpointId) => {
      const found = bound.get(endpointId);
      if (found === undefined) throw new EndpointNotBoundError(endpointId);
      return found;
    },
    has: (endpoint) => bound.get(endpoint.iroh.endpointId) === endpoint,
    all: () => [...bound.values()],
    bind: (input, { signal }) => {
      checkBindInput(input, shared.options.frameCeilingBytes);
      const endpointId = endpointIdOf(input.secretKey);
      if (bound.has(endpointId) || binding.has(endpointId)) throw new EndpointAlreadyBoundError(endpointId);
      const opening = open(endpointId, input, signal).finally(() => binding.delete(endpointId));
      binding.set(endpointId, opening);
      return opening;
    },
    unbind,
    stop: async () => {
      isStopping = true;
      await Promise.allSettled([...binding.values()]);
      await Promise.all([...[...bound.keys()].map(unbind), ...unbinding.values()]);
    },
  };
};
