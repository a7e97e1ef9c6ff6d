import type { Cancel } from '@bowline/contracts';
import type { System } from '../system.ts';

export const tellWorkers = ({ parts, hub }: System): Cancel => {
  const cancels = Object.values(parts).map((part) =>
    part.onStateChanged(({ name, state, restarts }) => {
      hub.tell({ event: 'worker.stateChanged', name, state, restarts });
    }),
  );
  return () => {
    for (const cancel of cancels) cancel();
  };
};
