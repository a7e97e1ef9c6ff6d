import type { Cancel, ChannelDefinition, Emit, EventName, EventPayload } from '@bowline/contracts';

/** The event half of a channel in memory. */
export interface FakeListeners<C extends ChannelDefinition> {
  readonly emit: Emit<C>;
  on<E extends EventName<C>>(event: E, listener: (payload: EventPayload<C, E>) => void): Cancel;
}

/** Listeners are called at once, in the order they came. */
export const fakeListeners = <C extends ChannelDefinition>(): FakeListeners<C> => {
  // Another list after each change, so that an event is told to those who listened when it was.
  const listeners = new Map<string, readonly ((payload: unknown) => void)[]>();
  return {
    emit: (event, payload) => {
      for (const listener of listeners.get(event) ?? []) {
        try {
          listener(payload);
        } catch (error) {
          // A listener that throws does not stop the others; the test still hears of it.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    on: (event, listener) => {
      const entry = (payload: unknown): void => listener(payload as never);
      const heard = (): readonly ((payload: unknown) => void)[] => listeners.get(event) ?? [];
      listeners.set(event, [...heard(), entry]);
      return () => {
        const rest = heard().filter((each) => each !== entry);
        listeners.set(event, rest);
      };
    },
  };
};
