import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--allow-natives-syntax');

/**
 * Runs every microtask that waits, and those that they lead to, before it returns. A turn of the event loop does the same at ten
 * times the price, and a swarm takes one after each timer.
 *
 * What waits for `process.nextTick` is not among them. Not to be called from within a microtask, where it does nothing.
 */
export const drainMicrotasks = new Function('%PerformMicrotaskCheckpoint()') as () => void;
