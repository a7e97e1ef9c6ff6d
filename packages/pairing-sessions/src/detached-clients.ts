import { BowlineError, type ChannelClient, type ChannelDefinition } from '@bowline/contracts';

/** The actor is not there: every request says so, and nothing is ever told. */
export const detachedClient = <C extends ChannelDefinition>(name: string): ChannelClient<C> => ({
  request: (request) =>
    Promise.reject(
      new BowlineError({
        code: 'ACTOR_DETACHED',
        message: `${name} cannot be asked to ${request}: this worker runs alone. Start it within a host to reach other devices.`,
        data: { name, request },
      }),
    ),
  on: () => () => undefined,
});
