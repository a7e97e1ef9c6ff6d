import { fromErrorEnvelope } from '@bowline/channel';
import { errorMessage, type Logger } from '@bowline/contracts';
import type { Piscina } from 'piscina';
import type { TaskMessage, TaskOutcome } from './child/task-runner.ts';
import { TaskCancelledError, TaskCrashedError, TaskPoolClosedError, TaskQueueFullError } from './errors.ts';
import { threadArguments } from './shared-arguments.ts';
import { resolveTaskPoolOptions, type TaskPoolOptions } from './task-pool-options.ts';
import { taskTurns } from './task-turns.ts';
import { THREAD_LIMITS } from './thread-limits.ts';

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

/** What a {@link taskPool} may be given. */
export interface TaskPoolComponents {
  readonly logger?: Logger;
  /** The program of its threads. @defaultValue the pool's own */
  readonly runner?: URL;
}

/** Asked for by its name, since what was built is called otherwise than its source. */
const ownRunner = (): URL => new URL(import.meta.resolve('@bowline/supervisor/task-runner'));

/**
 * A pool that has no thread until there is a task, and none again some seconds after the last one.
 * A task that is cancelled takes its thread with it: it must hold nothing but memory and sockets.
 *
 * @throws InvalidOptionError when an option breaks its rule.
 */
export const taskPool = (input: Partial<TaskPoolOptions> = {}, components: TaskPoolComponents = {}): TaskPool => {
  const { maxThreads, maxQueued, idleMs } = resolveTaskPoolOptions(input);
  const { logger, runner = ownRunner() } = components;
  let pool: Promise<Piscina<TaskMessage, TaskOutcome>> | undefined;
  // Not Piscina's own queue: that is forgotten when the thread it waits for ends by a task's fault or is cancelled.
  const turns = taskTurns(maxThreads);
  const waiting = new Set<(error: unknown) => void>();
  let openTasks = 0;
  let closing: Promise<void> | undefined;

  // Loaded with the first task: most hosts never have one.
  const open = async (): Promise<Piscina<TaskMessage, TaskOutcome>> => {
    const { Piscina: Pool } = await import('piscina');
    // None of a test runner's or a debugger's arguments is meant for these threads.
    const threads = {
      minThreads: 0,
      maxThreads,
      idleTimeout: idleMs,
      execArgv: threadArguments(),
      resourceLimits: THREAD_LIMITS,
    };
    const opened = new Pool<TaskMessage, TaskOutcome>({ recordTiming: false, ...threads });
    opened.on('error', (error: unknown) => {
      // A thread that fails while it has no task; the next task gets a new one.
      logger?.warn({ error }, 'idle thread of the task pool failed');
      // No thread is left, and the pool starts none for tasks that wait already: without this they would wait for ever.
      if (opened.threads.length === 0) for (const fail of [...waiting]) fail(error);
    });
    return opened;
  };
  const closeOpened = async (): Promise<void> => {
    try {
      await (await pool)?.destroy();
    } catch (error) {
      logger?.warn({ reason: errorMessage(error) }, 'task pool did not close cleanly');
    }
  };
  const failureOf = (error: unknown, name: string, signal: AbortSignal | undefined): Error => {
    if (closing !== undefined) return new TaskPoolClosedError();
    return signal?.aborted === true ? new TaskCancelledError(name, signal.reason) : new TaskCrashedError(name, error);
  };
  const runInPool = async (task: TaskMessage, signal: AbortSignal | undefined): Promise<TaskOutcome> => {
    openTasks += 1;
    let hasTurn = false;
    try {
      await turns.take(signal);
      hasTurn = true;
      pool ??= open();
      const opened = await pool;
      // Loaded with the task and not with the thread: what fails then rejects the task, and not a thread that has none.
      const running = opened.run(task, { filename: runner.href, ...(signal === undefined ? {} : { signal }) });
      return await orFailure(running, waiting);
    } catch (error) {
      throw failureOf(error, task.name, signal);
    } finally {
      openTasks -= 1;
      if (hasTurn) turns.give();
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
      turns.close(new TaskPoolClosedError());
      return closing;
    },
  };
};

/** The outcome, or the error `waiting` is told first. */
const orFailure = async <T>(running: Promise<T>, waiting: Set<(error: unknown) => void>): Promise<T> => {
  const failure = Promise.withResolvers<never>();
  waiting.add(failure.reject);
  try {
    return await Promise.race([running, failure.promise]);
  } finally {
    waiting.delete(failure.reject);
  }
};
