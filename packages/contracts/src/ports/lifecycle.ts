/** Where a {@link Startable} is in its life. */
export type LifecycleState = 'idle' | 'starting' | 'started' | 'stopping' | 'stopped' | 'crashed';

/**
 * Something that runs. Both calls are idempotent: a second `start` or `stop` awaits or repeats nothing.
 * `stop` gives back everything `start` took (timers, sockets, files, child processes) before it resolves.
 */
export interface Startable {
  start(): Promise<void>;
  stop(): Promise<void>;
}
