import type { ResourceLimits } from 'node:worker_threads';

/**
 * Of its own each thread would keep up to 48 MiB for young objects: room that a burst fills once and that a thread with little to
 * do then keeps, since only what it allocates itself makes it look whether it needs as much. With these 12 it collects
 * them more often, each time in less than a millisecond.
 */
export const THREAD_LIMITS: Readonly<ResourceLimits> = Object.freeze({ maxYoungGenerationSizeMb: 12 });
