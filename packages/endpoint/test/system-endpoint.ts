import type { Actor, EndpointChannel } from '@bowline/contracts';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, actorHarness } from '@bowline/testing';
import { type EndpointOptions, endpoint } from '../src/index.ts';

/** The actor with the machine's clock and real sockets, in this process. */
export const systemEndpoint = async (
  options: Partial<EndpointOptions> = {},
): Promise<ActorHarness<EndpointChannel>> => {
  const harness = actorHarness<EndpointChannel>(endpoint(options), { clock: systemClock, random: systemRandom });
  await harness.actor.start();
  return harness;
};

/** Stops every actor and resolves when all have ended. */
export const stopAll = async (actors: readonly Actor<EndpointChannel>[]): Promise<void> => {
  await Promise.all(actors.map((actor) => actor.stop()));
};
