/**
 * Decides which paired device is dialled when: a policy without clock or timer ({@link dialPlanner}), and the actor that
 * gives it both.
 *
 * @packageDocumentation
 */
export { type DialPlanner, type DueDial, dialPlanner } from './dial-planner.ts';
export {
  RECONNECTION_SCHEDULER_DEFAULTS,
  type ReconnectionSchedulerOptions,
  resolveReconnectionSchedulerOptions,
} from './options.ts';
export { reconnectionScheduler } from './reconnection-scheduler.ts';
export { reconnectionSchedulerWorker } from './worker-definition.ts';
