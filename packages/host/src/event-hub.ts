import type { Cancel, HostEvent, HostEventName, Logger } from '@bowline/contracts';
import { errorMessage, HOST_EVENT_NAMES, InvalidOptionError } from '@bowline/contracts';

/** Passes host events to whoever listens. A listener that throws is logged and does not stop the others. */
export interface EventHub {
  tell(event: HostEvent): void;
  onAny(listener: (event: HostEvent) => void): Cancel;
  /** @throws InvalidOptionError for an event that there is not */
  on<N extends HostEventName>(name: N, listener: (event: Extract<HostEvent, { event: N }>) => void): Cancel;
}

export const eventHub = ({ logger }: { readonly logger: Logger }): EventHub => {
  const listeners = new Set<(event: HostEvent) => void>();
  const onAny: EventHub['onAny'] = (listener) => {
    const own = (event: HostEvent) => listener(event);
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  };
  return {
    onAny,
    on: (name, listener) => {
      if (!Object.hasOwn(HOST_EVENT_NAMES, name)) {
        throw new InvalidOptionError('event', `must be one of ${Object.keys(HOST_EVENT_NAMES).join(', ')}`, name);
      }
      return onAny((event) => {
        if (event.event === name) listener(event as never);
      });
    },
    tell: (event) => {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          logger.error({ event: event.event, reason: errorMessage(error) }, 'event listener failed');
        }
      }
    },
  };
};
