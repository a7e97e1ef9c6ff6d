import type { Cancel, ChannelDefinition, EventName, EventPayload, Logger } from '@bowline/contracts';

/** Who hears which event of a channel. */
export interface EventListeners<C extends ChannelDefinition> {
  on<E extends EventName<C>>(event: E, listener: (payload: EventPayload<C, E>) => void): Cancel;
  /** Tells all listeners of `event` in the order they came; one that throws is logged and the next one is told. */
  tell(event: string, payload: unknown): void;
}

/** @param logger without one, what a listener throws becomes an uncaught error: it is never swallowed. */
export const eventListeners = <C extends ChannelDefinition>(logger: Logger | undefined): EventListeners<C> => {
  const listenersOf = new Map<string, Set<{ readonly listener: (payload: never) => void }>>();
  return {
    on: (event, listener) => {
      const listeners = listenersOf.get(event) ?? new Set();
      listenersOf.set(event, listeners);
      const entry = { listener };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    tell: (event, payload) => {
      const listeners = listenersOf.get(event);
      if (listeners === undefined) return;
      for (const { listener } of [...listeners]) {
        try {
          listener(payload as never);
        } catch (error) {
          reportListenerError(logger, event, error);
        }
      }
    },
  };
};

const reportListenerError = (logger: Logger | undefined, event: string, error: unknown): void => {
  if (logger !== undefined) {
    logger.error({ event, error }, 'listener of an event failed');
    return;
  }
  queueMicrotask(() => {
    throw error;
  });
};
