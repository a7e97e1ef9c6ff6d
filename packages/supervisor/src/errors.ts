import { BowlineError, type LifecycleState } from '@bowline/contracts';

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
