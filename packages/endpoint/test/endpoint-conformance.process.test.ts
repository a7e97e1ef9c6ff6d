import { setTimeout } from 'node:timers/promises';
import type { Actor, EndpointChannel } from '@bowline/contracts';
import { endpointConformance } from '@bowline/testing';
import { stopAll, systemEndpoint } from './system-endpoint.ts';

endpointConformance({
  name: 'the endpoint over iroh',
  arrange: () => {
    const actors: Actor<EndpointChannel>[] = [];
    return {
      endpoint: async () => {
        const { actor, client } = await systemEndpoint();
        actors.push(actor);
        return client;
      },
      until: (promise) => promise,
      pause: () => setTimeout(500),
      stop: () => stopAll(actors),
    };
  },
});
