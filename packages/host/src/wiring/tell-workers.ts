import type { Cancel } from '@bowline/contracts';
import type { WorkerStatus } from '@bowline/supervisor';
import type { System } from '../system.ts';

/** Tells the app when a worker crashed, restarted or stopped. */
export const tellWorkers = ({ parts, hub }: System): Cancel => {
  const tell = ({ name, state, restarts, failure }: WorkerStatus): void => {
    hub.tell({ event: 'worker.stateChanged', name, state, restarts, failure: state === 'crashed' ? failure : null });
  };
  const cancels = Object.values(parts)
    .flat()
    .map((part) => part.onStateChanged(tell));
  return () => {
    for (const cancel of cancels) cancel();
  };
};
