import type { ChannelClient, ChannelDefinition } from '@bowline/contracts';
import { ActorDetachedError } from '../errors.ts';

/** Another actor, for a worker that runs alone and would ask it: every request says so, and nothing is ever told. */
export const detachedClient = <C extends ChannelDefinition>(name: string): ChannelClient<C> => ({
  request: (request) => Promise.reject(new ActorDetachedError(name, request)),
  on: () => () => undefined,
});
