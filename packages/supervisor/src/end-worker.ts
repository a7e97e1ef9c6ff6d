import type { Clock, Logger } from '@bowline/contracts';
import { hasSettledWithin } from './deadline.ts';
import type { LaunchedWorker } from './launched-worker.ts';
import type { SupervisorOptions } from './options.ts';

/** Room for a worker to end after its actor has stopped, in milliseconds: it gives itself one second. */
const DRAIN_MS = 1_500;

/**
 * Waits until a worker whose channel is closed has ended: it has the time its actor may take to stop, then it is asked
 * by signal, then it is killed. A thread is never ended while its actor is still stopping, because it may hold native
 * objects.
 */
export const endWorker = async (
  worker: LaunchedWorker,
  clock: Clock,
  logger: Logger,
  { stopDeadlineMs, terminateDeadlineMs }: SupervisorOptions,
): Promise<void> => {
  if (await hasSettledWithin(worker.ended, clock, stopDeadlineMs + DRAIN_MS)) return;
  logger.warn({ pid: worker.pid }, 'worker does not end by itself');
  worker.terminate();
  if (worker.pid !== null && (await hasSettledWithin(worker.ended, clock, terminateDeadlineMs))) return;
  worker.kill();
  await worker.ended;
};
