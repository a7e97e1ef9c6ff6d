import { BowlineError, errorMessage, type LifecycleState } from '@bowline/contracts';
import type { ShapeProblem } from '@bowline/contracts/shapes';

/** The worker is not there to be asked: not started, being restarted, or stopped. */
export class WorkerDownError extends BowlineError {
  override readonly name = 'WorkerDownError';

  constructor(worker: string, state: LifecycleState) {
    super({
      code: 'WORKER_DOWN',
      message: `Worker "${worker}" is ${state}. It is restarted by itself after a crash; ask again shortly.`,
      retryable: true,
      data: { worker, state },
    });
  }
}

/** Whether an error's code says that the worker is being restarted, or is stopped. What was asked may have been done. */
export const isRestartCode = (code: string | undefined): boolean => code === 'WORKER_DOWN' || code === 'CHANNEL_CLOSED';

/** The worker runs and answers nothing: it was stopped by a signal, or its code never comes to an end. */
export class WorkerHungError extends BowlineError {
  override readonly name = 'WorkerHungError';

  constructor(worker: string, silentMs: number) {
    super({
      code: 'WORKER_HUNG',
      message: `Worker "${worker}" has answered nothing for ${silentMs} ms. It is ended and started again.`,
      retryable: true,
      data: { worker, silentMs },
    });
  }
}

/** The actor was asked to stop and has not; its worker ends without it. */
export class WorkerStopTimeoutError extends BowlineError {
  override readonly name = 'WorkerStopTimeoutError';

  constructor(worker: string, deadlineMs: number) {
    super({
      code: 'WORKER_STOP_TIMEOUT',
      message: `Worker "${worker}" did not stop within ${deadlineMs} ms and was ended. What it held may not have been given back cleanly.`,
      data: { worker, deadlineMs },
    });
  }
}

/** A worker ended before it answered: its module is missing, throws while it is loaded, or what it starts crashes. */
export class WorkerNotStartedError extends BowlineError {
  override readonly name = 'WorkerNotStartedError';

  constructor(worker: string, entry: string, cause: unknown) {
    super({
      code: 'WORKER_NOT_STARTED',
      message: `Worker "${worker}" ended before it served (${errorMessage(cause)}). Its module ${entry} is missing, fails while it is loaded, or crashes as it starts; what it wrote to standard error says which.`,
      data: { worker, entry },
      cause,
    });
  }
}

/** More tasks wait than the pool takes. */
export class TaskQueueFullError extends BowlineError {
  override readonly name = 'TaskQueueFullError';

  constructor(maxQueued: number) {
    super({
      code: 'TASK_QUEUE_FULL',
      message: `Already ${maxQueued} tasks wait for a thread. Run this one when some have ended.`,
      retryable: true,
      data: { maxQueued },
    });
  }
}

/** The caller's own signal ended the task. */
export class TaskCancelledError extends BowlineError {
  override readonly name = 'TaskCancelledError';

  constructor(task: string, cause?: unknown) {
    super({
      code: 'TASK_CANCELLED',
      message: `Task "${task}" was cancelled by its caller.`,
      data: { task },
      cause,
    });
  }
}

/** The module of a task is missing, or throws while it is loaded. */
export class TaskModuleUnusableError extends BowlineError {
  override readonly name = 'TaskModuleUnusableError';

  constructor(entry: string, task: string, cause: unknown) {
    super({
      code: 'TASK_MODULE_UNUSABLE',
      message: `Task "${task}" cannot run, because its module cannot be loaded: ${errorMessage(cause)}. Check that ${entry} is there, and what it imports.`,
      data: { entry, task },
      cause,
    });
  }
}

/** The thread of a task ended or never ran, or what the task answered could not be carried. */
export class TaskCrashedError extends BowlineError {
  override readonly name = 'TaskCrashedError';

  constructor(task: string, cause: unknown) {
    super({
      code: 'TASK_CRASHED',
      message: `Task "${task}" ended without an answer (${errorMessage(cause)}). The task is mistaken, or this installation is not complete.`,
      data: { task },
      cause,
    });
  }
}

/** The pool was closed while the task ran or waited, or before. */
export class TaskPoolClosedError extends BowlineError {
  override readonly name = 'TaskPoolClosedError';

  constructor() {
    super({ code: 'TASK_POOL_CLOSED', message: 'The task pool is closed. Make another one to run tasks.' });
  }
}

/** The module has no such task. */
export class UnknownTaskError extends BowlineError {
  override readonly name = 'UnknownTaskError';

  constructor(entry: string, task: string) {
    super({
      code: 'TASK_UNKNOWN',
      message: `Module "${entry}" exports no function "${task}". Name one that it does.`,
      data: { entry, task },
    });
  }
}

/** What a request was given is not of the shape that its channel says. */
export class RequestInputError extends BowlineError {
  override readonly name = 'RequestInputError';

  constructor(channel: string, verb: string, { field, rule, received }: ShapeProblem) {
    super({
      code: 'REQUEST_INPUT_INVALID',
      message: `"${verb}" on channel "${channel}": ${field} ${rule}; received: ${received}. Ask "describe" for all shapes.`,
      data: { channel, verb, field, rule },
    });
  }
}

/** Another actor would have to be asked, and this worker runs alone. */
export class ActorDetachedError extends BowlineError {
  override readonly name = 'ActorDetachedError';

  constructor(name: string, request: string) {
    super({
      code: 'ACTOR_DETACHED',
      message: `${name} cannot be asked to ${request}: this worker runs alone. Start it within a host to reach other devices.`,
      data: { name, request },
    });
  }
}
