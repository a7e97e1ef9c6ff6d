import type { ChannelClient, ChannelDefinition, EventName, EventPayload } from '@bowline/contracts';

/** Keeps what a channel tells, and waits for what it has not told yet. */
export interface EventRecorder<C extends ChannelDefinition> {
  /** Everything told so far of one event. */
  of<E extends EventName<C>>(event: E): readonly EventPayload<C, E>[];
  /** The first telling that fits, past or to come. */
  next<E extends EventName<C>>(event: E, fits?: (payload: EventPayload<C, E>) => boolean): Promise<EventPayload<C, E>>;
}

/** Listens from now on to the named events, for as long as the channel lives. */
export const eventRecorder = <C extends ChannelDefinition>(
  client: ChannelClient<C>,
  events: readonly EventName<C>[],
): EventRecorder<C> => {
  const told = new Map<string, unknown[]>(events.map((event) => [event, []]));
  const waiting = new Set<() => void>();
  for (const event of events) {
    client.on(event, (payload) => {
      told.get(event)?.push(payload);
      for (const look of [...waiting]) look();
    });
  }
  return {
    of: (event) => (told.get(event) ?? []) as never,
    next: (event, fits = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = (told.get(event) ?? []).find((payload) => fits(payload as never));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found as never);
        };
        waiting.add(look);
        look();
      }),
  };
};
