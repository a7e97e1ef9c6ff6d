import { BowlineError } from '@bowline/contracts';

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
