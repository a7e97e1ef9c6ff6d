import type { WorkerFailure } from '@bowline/contracts';
import { assign, fromPromise, setup } from 'xstate';

/** Plain data. */
export interface WorkerContext {
  /** Launches after the first, since it was started. */
  readonly restarts: number;
  /** Launches in a row that came to nothing, or did not last; the pause before the next one grows with it. */
  readonly failures: number;
  /** Whether it has been ready since it was started: only then it is launched again by itself. */
  readonly hasRun: boolean;
  /** Why it crashed last; `null` before. */
  readonly failure: WorkerFailure | null;
}

export type WorkerEvent = { readonly type: 'worker.start' } | { readonly type: 'worker.stop' };

/** How a worker that was ready ended. */
export interface WorkerDeath {
  readonly failure: WorkerFailure;
  /** Whether it lived long enough for the pauses to begin anew. */
  readonly wasHealthy: boolean;
}

const machineSetup = setup({
  types: { context: {} as WorkerContext, events: {} as WorkerEvent },
  actors: {
    /** Launches, connects and prepares the worker. Resolves with `null` when it is ready, or with why not, when nothing is left of it. */
    launching: fromPromise<WorkerFailure | null>(() => Promise.reject(new Error('launching is not provided'))),
    /** Resolves when the worker has ended, or hangs. */
    watching: fromPromise<WorkerDeath>(() => Promise.reject(new Error('watching is not provided'))),
    /** Resolves when nothing is left of what was launched. */
    ending: fromPromise<void>(() => Promise.reject(new Error('ending is not provided'))),
  },
  actions: {
    /** Tells people that the worker crashed. */
    reportCrash: () => undefined,
  },
  delays: { restartPause: () => 0 },
  guards: {
    isReady: ({ event }) => (event as { readonly output?: WorkerFailure | null }).output === null,
    hasRun: ({ context }) => context.hasRun,
  },
});

const beginAnew = machineSetup.assign({ restarts: 0, failures: 0, hasRun: false, failure: null });

/**
 * The life of a supervised worker. Once it has been ready it is launched again for ever; a first launch that fails is not
 * repeated. Its outer states are those of `LifecycleState`.
 */
export const workerMachine = machineSetup.createMachine({
  id: 'worker',
  context: { restarts: 0, failures: 0, hasRun: false, failure: null },
  initial: 'idle',
  states: {
    idle: {
      on: { 'worker.start': { target: 'starting', actions: beginAnew }, 'worker.stop': 'stopped' },
    },
    starting: {
      invoke: {
        src: 'launching',
        onDone: [
          {
            guard: 'isReady',
            target: 'started',
            actions: assign({ hasRun: true }),
          },
          {
            guard: 'hasRun',
            target: 'crashed.pausing',
            actions: [assign({ failure: ({ event }) => event.output }), 'reportCrash'],
          },
          { target: 'crashed.givenUp' },
        ],
      },
      on: { 'worker.stop': 'stopping' },
    },
    started: {
      invoke: {
        src: 'watching',
        onDone: {
          target: 'crashed.ending',
          actions: [
            assign({
              failure: ({ event }) => event.output.failure,
              failures: ({ context, event }) => (event.output.wasHealthy ? 0 : context.failures),
            }),
            'reportCrash',
          ],
        },
      },
      on: { 'worker.stop': 'stopping' },
    },
    crashed: {
      initial: 'ending',
      states: {
        ending: { invoke: { src: 'ending', onDone: 'pausing' } },
        pausing: {
          after: {
            restartPause: {
              target: '#worker.starting',
              actions: assign({
                restarts: ({ context }) => context.restarts + 1,
                failures: ({ context }) => context.failures + 1,
              }),
            },
          },
        },
        givenUp: { on: { 'worker.start': { target: '#worker.starting', actions: beginAnew } } },
      },
      on: { 'worker.stop': 'stopping' },
    },
    stopping: { invoke: { src: 'ending', onDone: 'stopped' } },
    stopped: { on: { 'worker.start': { target: 'starting', actions: beginAnew } } },
  },
});
