import { BowlineError, type ChannelClient, type EndpointChannel } from '@bowline/contracts';

/** The endpoint of a links worker that runs alone: it tells nothing, and every request says that there is none. */
export const detachedEndpoint: ChannelClient<EndpointChannel> = Object.freeze({
  request: () =>
    Promise.reject(
      new BowlineError({
        code: 'ENDPOINT_NOT_BOUND',
        message: 'This links worker runs alone, without an endpoint; run it inside a host to reach devices.',
      }),
    ),
  on: () => () => undefined,
});
