import type { Cancel, LifecycleState, Logger, Placement, WorkerFailure } from '@bowline/contracts';

/** Where a supervised worker is in its life. */
export interface WorkerStatus {
  readonly name: string;
  /** Of a worker in a process of its own, until nothing is left of it; else `null`. */
  readonly pid: number | null;
  readonly placement: Placement;
  readonly state: LifecycleState;
  /** Launches after the first, since `start`. */
  readonly restarts: number;
  /** Why it crashed last; `null` before. */
  readonly failure: WorkerFailure | null;
}

/** The status of one worker, and who hears its changes. */
export interface WorkerState {
  readonly current: WorkerStatus;
  /** Changes some fields; listeners are told when the state is another one. */
  update(change: Partial<Pick<WorkerStatus, 'pid' | 'state' | 'restarts' | 'failure'>>): void;
  onChanged(listener: (status: WorkerStatus) => void): Cancel;
}

export const workerState = (name: string, placement: Placement, logger: Logger): WorkerState => {
  const listeners = new Set<{ readonly tell: (status: WorkerStatus) => void }>();
  let current: WorkerStatus = { name, pid: null, placement, state: 'idle', restarts: 0, failure: null };
  return {
    get current() {
      return current;
    },
    update: (change) => {
      const previous = current;
      current = Object.freeze({ ...previous, ...change });
      if (current.state === previous.state) return;
      const told = current;
      for (const { tell } of [...listeners]) {
        try {
          tell(told);
        } catch (error) {
          logger.error({ state: told.state, error }, 'listener of a state failed');
        }
      }
    },
    onChanged: (tell) => {
      const entry = { tell };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
  };
};
