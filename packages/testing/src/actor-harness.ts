import type {
  Actor,
  ActorComponents,
  ChannelClient,
  ChannelDefinition,
  EventName,
  EventPayload,
  RequestName,
} from '@bowline/contracts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type MemoryLogger, memoryLogger } from './memory-logger.ts';
import { seededRandom } from './seeded-random.ts';

/** One event an actor told, in the order of telling. */
export type ToldEvent<C extends ChannelDefinition> = {
  [E in EventName<C>]: { readonly event: E; readonly payload: EventPayload<C, E> };
}[EventName<C>];

/** An actor under test, driven directly: requests go to its handlers, its events are kept and heard. */
export interface ActorHarness<C extends ChannelDefinition> {
  readonly actor: Actor<C>;
  readonly client: ChannelClient<C>;
  readonly clock: FakeClock;
  readonly logger: MemoryLogger;
  /** Everything told so far. */
  readonly told: readonly ToldEvent<C>[];
  /** The payloads of one event so far. */
  toldOf<E extends EventName<C>>(event: E): readonly EventPayload<C, E>[];
}

/** Builds an actor with a fake clock, seeded randomness and a logger that keeps its lines. */
export const actorHarness = <C extends ChannelDefinition>(
  create: (components: ActorComponents<C>) => Actor<C>,
  overrides: Partial<ActorComponents<C>> & { readonly fakeClock?: FakeClock } = {},
): ActorHarness<C> => {
  const told: ToldEvent<C>[] = [];
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const clock = overrides.fakeClock ?? fakeClock();
  const logger = memoryLogger();
  const actor = create({
    clock,
    random: seededRandom(),
    logger,
    emit: (event, payload) => {
      told.push({ event, payload } as unknown as ToldEvent<C>);
      for (const listener of listeners.get(event) ?? []) listener(payload as never);
    },
    ...overrides,
  });
  const client: ChannelClient<C> = {
    request: async (name, input, options) => {
      const handler = actor.handlers[name as RequestName<C>] as (input: unknown, context: unknown) => unknown;
      return (await handler(input, { signal: options?.signal ?? new AbortController().signal })) as never;
    },
    on: (event, listener) => {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (payload: never) => void);
      return () => {
        set.delete(listener as (payload: never) => void);
      };
    },
  };
  return {
    actor,
    client,
    clock,
    logger,
    told,
    toldOf: (event) => told.filter((entry) => entry.event === event).map((entry) => entry.payload) as never,
  };
};
