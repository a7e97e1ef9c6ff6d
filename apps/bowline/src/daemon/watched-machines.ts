import type { Cancel, MachineTransition } from '@bowline/contracts';
import type { Host } from '@bowline/host';

/** Whether one client hears how machines move. Idempotent; `end`: it is gone, and hears nothing any more. */
export const watchedMachines = (host: Pick<Host, 'onTransition'>, tell: (transition: MachineTransition) => void) => {
  let stopWatching: Cancel | null = null;
  let isEnded = false;
  const setWatched = (isWatched: boolean): void => {
    if (isWatched && !isEnded) stopWatching ??= host.onTransition(tell);
    else {
      stopWatching?.();
      stopWatching = null;
    }
  };
  return {
    setWatched,
    end: (): void => {
      isEnded = true;
      setWatched(false);
    },
  };
};
