import { InvalidOptionError } from '@bowline/contracts';

/** Bounds of a {@link taskPool}. */
export interface TaskPoolOptions {
  /** Threads at a time. */
  readonly maxThreads: number;
  /** Tasks that wait for a thread; one more is refused with `TASK_QUEUE_FULL`. */
  readonly maxQueued: number;
  /** Milliseconds a thread without a task lives on: starting one costs some 50 ms. */
  readonly idleMs: number;
}

/** What {@link TaskPoolOptions} are when left out: small, because tasks are rare and the machine may be a small one. */
export const TASK_POOL_DEFAULTS: TaskPoolOptions = Object.freeze({ maxThreads: 2, maxQueued: 64, idleMs: 5_000 });

/** Checks each option and fills in what is left out. @throws InvalidOptionError naming the option, its rule and the value. */
export const resolveTaskPoolOptions = (input: Partial<TaskPoolOptions> = {}): TaskPoolOptions => {
  const options = { ...TASK_POOL_DEFAULTS, ...input };
  const { maxThreads, maxQueued, idleMs } = options;
  if (!Number.isSafeInteger(maxThreads) || maxThreads < 1) {
    throw new InvalidOptionError('maxThreads', 'must be a whole number, 1 or more', maxThreads);
  }
  if (!Number.isSafeInteger(maxQueued) || maxQueued < 0) {
    throw new InvalidOptionError('maxQueued', 'must be a whole number, 0 or more', maxQueued);
  }
  if (!Number.isFinite(idleMs) || idleMs < 0) {
    throw new InvalidOptionError('idleMs', 'must be a number of milliseconds, 0 or more', idleMs);
  }
  return Object.freeze(options);
};
