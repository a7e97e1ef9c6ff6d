/**
 * Places actors inline, in threads or in processes; starts, restarts and stops them; runs finite tasks in a pool.
 *
 * @packageDocumentation
 */
export { type ServedWorker, type ServeWorkerOptions, serveWorker, type WorkerEnd } from './child/serve-worker.ts';
export { type JsonLinesWorkerOptions, serveWorkerOnJsonLines } from './child/serve-worker-on-json-lines.ts';
export type { WorkerGreeting } from './child/worker-greeting.ts';
export {
  isRestartCode,
  TaskCancelledError,
  TaskCrashedError,
  TaskModuleUnusableError,
  TaskPoolClosedError,
  TaskQueueFullError,
  UnknownTaskError,
  WorkerDownError,
  WorkerHungError,
  WorkerNotStartedError,
  WorkerStopTimeoutError,
} from './errors.ts';
export { resolveSupervisorOptions, SUPERVISOR_DEFAULTS, type SupervisorOptions } from './options.ts';
export { supervise } from './supervise.ts';
export type { SupervisedWorker } from './supervised-worker.ts';
export { type RunTaskOptions, type TaskPool, type TaskPoolComponents, taskPool } from './task-pool.ts';
export { resolveTaskPoolOptions, TASK_POOL_DEFAULTS, type TaskPoolOptions } from './task-pool-options.ts';
export { workerMachine } from './worker-machine.ts';
export type { SuperviseComponents, WorkerPlacement } from './worker-placement.ts';
export type { WorkerStatus } from './worker-state.ts';
