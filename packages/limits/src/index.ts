/**
 * How much, how often, how many and in what order. Pure: time and randomness come in as arguments.
 *
 * @packageDocumentation
 */
export { type Backoff, backoffDelayMs } from './backoff-delay.ts';
export { BoundedMap } from './bounded-map.ts';
export { CoalescingTask } from './coalescing-task.ts';
export { SerialQueue } from './serial-queue.ts';
export { TimeJump } from './time-jump.ts';
export { TokenBucket, type TokenRate } from './token-bucket.ts';
