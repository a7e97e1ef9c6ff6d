import {
  type Cancel,
  errorMessage,
  type MachineSession,
  type MachinesReport,
  type MachineTransition,
} from '@bowline/contracts';
import { machineChart } from '@bowline/machines';
import type { System } from '../system.ts';
import { WORKER_PATIENCE } from '../worker-patience.ts';
import { MACHINES } from './machine-list.ts';

/** The machines of a running host, seen from outside. Nothing is told, and nothing costs anything, while nobody listens. */
export interface WatchedMachines {
  report(): Promise<MachinesReport>;
  onTransition(listener: (transition: MachineTransition) => void): Cancel;
  cancel: Cancel;
}

/** One part of the host that runs sessions of machines. */
interface Watchable {
  readonly setWatched: (isWatched: boolean) => Promise<readonly MachineSession[]>;
  readonly onReady: (prepare: () => Promise<void>) => Cancel;
  readonly onMoved: (listener: (transition: MachineTransition) => void) => Cancel;
}

export const watchMachines = ({ parts, logger }: Pick<System, 'parts' | 'logger'>): WatchedMachines => {
  const { links, pairing, switchboard } = parts;
  const watchables: readonly Watchable[] = [
    {
      setWatched: async (isWatched) =>
        (await pairing.client.request('watchMachines', { isWatched }, WORKER_PATIENCE)).sessions,
      onReady: (prepare) => pairing.onReady(prepare),
      onMoved: (listener) => pairing.client.on('machine.moved', listener),
    },
    {
      setWatched: async (isWatched) =>
        (await links.client.request('watchMachines', { isWatched }, WORKER_PATIENCE)).sessions,
      onReady: (prepare) => links.onReady(prepare),
      onMoved: (listener) => links.client.on('machine.moved', listener),
    },
    {
      setWatched: async (isWatched) =>
        (await switchboard.client.request('watchMachines', { isWatched }, WORKER_PATIENCE)).sessions,
      onReady: (prepare) => switchboard.onReady(prepare),
      onMoved: (listener) => switchboard.client.on('machine.moved', listener),
    },
  ];
  const workers = Object.values(parts).flat();
  const listeners = new Set<{ readonly tell: (transition: MachineTransition) => void }>();
  let cancels: readonly Cancel[] = [];

  const tell = (transition: MachineTransition): void => {
    for (const listener of [...listeners]) {
      try {
        listener.tell(transition);
      } catch (error) {
        logger.error({ reason: errorMessage(error) }, 'listener of transitions failed');
      }
    }
  };

  const setWatched = async ({ setWatched: set }: Watchable): Promise<readonly MachineSession[]> => {
    try {
      return await set(listeners.size > 0);
    } catch (error) {
      logger.debug({ reason: errorMessage(error) }, 'machines of a part not reached');
      return [];
    }
  };

  const begin = (): void => {
    cancels = [
      ...workers.map((worker) => worker.onTransition(tell)),
      ...watchables.flatMap((watchable) => [
        watchable.onMoved(tell),
        // After a restart it knows of nobody who watches.
        watchable.onReady(async () => void (await setWatched(watchable))),
      ]),
    ];
  };

  const end = (): void => {
    for (const cancel of cancels) cancel();
    cancels = [];
  };

  return {
    report: async () => {
      const asked = await Promise.all(watchables.map(setWatched));
      return {
        charts: MACHINES.map(machineChart),
        sessions: [...asked.flat(), ...workers.map((worker) => worker.machineSession())],
      };
    },
    onTransition: (listener) => {
      const entry = { tell: listener };
      listeners.add(entry);
      if (listeners.size === 1) {
        begin();
        for (const watchable of watchables) void setWatched(watchable);
      }
      return () => {
        if (!listeners.delete(entry) || listeners.size > 0) return;
        end();
        for (const watchable of watchables) void setWatched(watchable);
      };
    },
    cancel: () => {
      listeners.clear();
      end();
    },
  };
};
