import {
  type ReconnectionSchedulerChannel,
  reconnectionSchedulerChannel,
  type WorkerDefinition,
} from '@bowline/contracts';
import type { ReconnectionSchedulerOptions } from './options.ts';
import { reconnectionScheduler } from './reconnection-scheduler.ts';

/** How the scheduler is made in a worker. */
export const reconnectionSchedulerWorker: WorkerDefinition<
  ReconnectionSchedulerChannel,
  Partial<ReconnectionSchedulerOptions>
> = {
  name: 'reconnection-scheduler',
  channel: reconnectionSchedulerChannel,
  create: (options, components) => reconnectionScheduler(options)(components),
};
