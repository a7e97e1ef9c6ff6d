import type { EventListeners } from '@bowline/channel';
import { type AppChannel, type Cancel, errorMessage, type Logger, type MachineTransition } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import type { DaemonSession } from './daemon-session.ts';

/** The transitions of a daemon's machines, as one app hears them. */
export interface AppMachines {
  readonly onTransition: Host['onTransition'];
  /** Says to a daemon that has not heard it whether this app listens. */
  registerAgain(request: DaemonSession['request']): Promise<void>;
  /** Nobody listens any more. */
  end(): void;
}

interface AppMachinesComponents {
  readonly session: Pick<DaemonSession, 'request' | 'isConnected'>;
  readonly listeners: EventListeners<AppChannel>;
  readonly logger: Logger;
}

export const appMachines = ({ session, listeners, logger }: AppMachinesComponents): AppMachines => {
  const own = new Set<{ readonly tell: (transition: MachineTransition) => void }>();

  const sayNow = (): void => {
    // One that is gone is told when it is back.
    if (!session.isConnected) return;
    session
      .request('watchMachines', { isWatched: own.size > 0 })
      .catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'daemon not told who watches machines'));
  };

  listeners.on('machine.moved', (transition) => {
    for (const { tell } of [...own]) {
      try {
        tell(transition);
      } catch (error) {
        logger.error({ reason: errorMessage(error) }, 'listener of transitions failed');
      }
    }
  });

  return {
    onTransition: (listener): Cancel => {
      const entry = { tell: listener };
      own.add(entry);
      if (own.size === 1) sayNow();
      return () => {
        if (own.delete(entry) && own.size === 0) sayNow();
      };
    },
    registerAgain: async (request) => {
      if (own.size > 0) await request('watchMachines', { isWatched: true });
    },
    end: () => own.clear(),
  };
};
