import { type ActorComponents, type EndpointChannel, type EventName, endpointChannel } from '@bowline/contracts';
import type { FakeEndpoint } from '@bowline/testing';
import type { MortalActor } from './simulated-worker.ts';

/** The endpoint of a fake network, as the actor of a worker. */
export const simulatedEndpoint =
  (newEndpoint: () => FakeEndpoint) =>
  ({ emit }: ActorComponents<EndpointChannel>): MortalActor<EndpointChannel> => {
    const endpoint = newEndpoint();
    for (const event of Object.keys(endpointChannel.events) as EventName<EndpointChannel>[]) {
      endpoint.on(event, (payload) => emit(event, payload));
    }
    return {
      start: async () => undefined,
      // A process that ends in order has unbound everything before, and takes nothing with it that could be missed.
      stop: async () => endpoint.crash(),
      handlers: endpoint.handlers,
      kill: () => endpoint.crash(),
    };
  };
