import { fromErrorEnvelope } from '@bowline/channel';
import { errorMessage, type Logger } from '@bowline/contracts';
import type { Piscina } from 'piscina';
import type { TaskMessage, TaskOutcome } from './child/task-runner.ts';
import { TaskCancelledError, TaskCrashedError, TaskPoolClosedError, TaskQueueFullError } from './errors.ts';
import { threadArguments } from './shared-arguments.ts';
import { resolveTaskPoolOptions, type TaskPoolOptions } from './task-pool-options.ts';

/** What one task may be given beside its input. */
export interface RunTaskOptions {
  /** Ends the task, and the thread it runs in with it; the promise rejects with `TASK_CANCELLED`. */
  readonly signal?: AbortSignal;
  /** Name of the function the module exports. @defaultValue 'default' */
  readonly name?: string;
}

/** Threads for finite, stateless tasks. */
export interface TaskPool {
  /**
   * Runs a function a module exports as `(input, { signal }) => output` in a thread; it is the thread that ends when the
   * task is cancelled, so `signal` is only what lets the same function run outside a pool. Input and output are plain, cloneable data.
   *
   * @throws TaskQueueFullError, TaskCancelledError, TaskCrashedError, TaskPoolClosedError, and what the task itself
   * throws, with its code.
   */
  run<Output>(entry: URL, input: unknown, options?: RunTaskOptions): Promise<Output>;
  /** Ends every thread; what still runs or waits rejects with `TASK_POOL_CLOSED`. Idempotent. */
  close(): Promise<void>;
}

/** What a pool may be given. */
export interface TaskPoolComponents {
  readonly logger?: Logger;
  /** The module that runs in the threads. @defaultValue this package's own */
  readonly runner?: URL;
}

/** Asked for by its name, since what was built is called otherwise than its source. */
const ownRunner = (): string => import.meta.resolve('@bowline/supervisor/task-runner');

/**
 * A pool that has no thread until there is a task, and none again some seconds after the last one.
 * A task that is cancelled takes its thread with it: it must hold nothing but memory and sockets.
 *
 * @throws InvalidOptionError when an option breaks its rule.
 */
export const taskPool = (input: Partial<TaskPoolOptions> = {}, components: TaskPoolComponents = {}): TaskPool => {
  const { maxThreads, maxQueued, idleMs } = resolveTaskPoolOptions(input);
  let pool: Promise<Piscina<TaskMessage, TaskOutcome>> | undefined;
  let hasAnswered = false;
  let openTasks = 0;
  /** What waits for the pool that is open now: a thread that cannot start answers none of it. */
  const waiting = new Set<(reason: unknown) => void>();
  let closing: Promise<void> | undefined;

  // Loaded with the first task: most hosts never have one.
  const open = async (): Promise<Piscina<TaskMessage, TaskOutcome>> => {
    const { Piscina: Pool } = await import('piscina');
    const threads = { minThreads: 0, maxThreads, idleTimeout: idleMs, execArgv: threadArguments() };
    const opened = new Pool<TaskMessage, TaskOutcome>({
      filename: components.runner?.href ?? ownRunner(),
      recordTiming: false,
      ...threads,
    });
    // A thread that fails while it has no task; the next task gets a new one, unless none has ever come to work.
    opened.on('error', (error: unknown) => {
      components.logger?.warn({ error }, 'idle thread of the task pool failed');
      if (hasAnswered) return;
      pool = undefined;
      for (const reject of waiting) reject(error);
      opened.destroy().catch(() => undefined);
    });
    return opened;
  };
  const closeOpened = async (): Promise<void> => {
    try {
      await (await pool)?.destroy();
    } catch (error) {
      components.logger?.warn({ reason: errorMessage(error) }, 'task pool did not close cleanly');
    }
  };
  const failureOf = (error: unknown, name: string, signal: AbortSignal | undefined): Error => {
    if (closing !== undefined) return new TaskPoolClosedError();
    return signal?.aborted === true ? new TaskCancelledError(name, signal.reason) : new TaskCrashedError(name, error);
  };
  const untilGivenUp = async (running: Promise<TaskOutcome>): Promise<TaskOutcome> => {
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    waiting.add(reject);
    try {
      const outcome = await Promise.race([running, givenUp]);
      hasAnswered = true;
      return outcome;
    } finally {
      waiting.delete(reject);
      // Whatever the pool says of it after it was given up has been told already.
      running.catch(() => undefined);
    }
  };
  const runInPool = async (task: TaskMessage, signal: AbortSignal | undefined): Promise<TaskOutcome> => {
    openTasks += 1;
    try {
      pool ??= open();
      return await untilGivenUp((await pool).run(task, signal === undefined ? {} : { signal }));
    } catch (error) {
      throw failureOf(error, task.name, signal);
    } finally {
      openTasks -= 1;
    }
  };
  return {
    run: async <Output>(entry: URL, taskInput: unknown, { signal, name = 'default' }: RunTaskOptions = {}) => {
      if (closing !== undefined) throw new TaskPoolClosedError();
      if (signal?.aborted === true) throw new TaskCancelledError(name, signal.reason);
      if (openTasks >= maxThreads + maxQueued) throw new TaskQueueFullError(maxQueued);
      const outcome = await runInPool({ entry: entry.href, name, input: taskInput }, signal);
      if ('error' in outcome) throw fromErrorEnvelope(outcome.error);
      return outcome.output as Output;
    },
    close: () => {
      closing ??= closeOpened();
      return closing;
    },
  };
};
