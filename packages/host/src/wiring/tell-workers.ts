import type { Cancel } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Tells the app when a worker crashed, restarted or stopped. */
export const tellWorkers = ({ parts, hub, logger }: System): Cancel => {
  const cancels = Object.values(parts).map((part) =>
    part.onStateChanged(({ name, state, restarts }) => {
      if (state === 'crashed') logger.warn({ worker: name, restarts }, 'worker crashed');
      hub.tell({ event: 'worker.stateChanged', name, state, restarts });
    }),
  );
  return () => {
    for (const cancel of cancels) cancel();
  };
};
