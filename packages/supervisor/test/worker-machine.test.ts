import type { WorkerFailure } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { type WorkerDeath, workerMachine } from '../src/worker-machine.ts';

const FAILURE: WorkerFailure = { code: 'TEST', reason: 'it died' };

/** A machine whose launches and lives end when the test says so. */
const arrange = () => {
  const pending: {
    launch: PromiseWithResolvers<WorkerFailure | null>;
    death: PromiseWithResolvers<WorkerDeath>;
    end: PromiseWithResolvers<void>;
  } = {
    launch: Promise.withResolvers(),
    death: Promise.withResolvers(),
    end: Promise.withResolvers(),
  };
  let fire: () => void = () => undefined;
  const actor = createActor(
    workerMachine.provide({
      actors: {
        launching: fromPromise(() => {
          pending.launch = Promise.withResolvers();
          return pending.launch.promise;
        }),
        watching: fromPromise(() => {
          pending.death = Promise.withResolvers();
          return pending.death.promise;
        }),
        ending: fromPromise(() => {
          pending.end = Promise.withResolvers();
          return pending.end.promise;
        }),
      },
    }),
    {
      clock: {
        setTimeout: (callback: () => void) => {
          fire = callback;
          return 0;
        },
        clearTimeout: () => undefined,
      },
    },
  ).start();
  const state = () => actor.getSnapshot().value;
  return { actor, pending, state, pass: () => fire(), context: () => actor.getSnapshot().context };
};

describe('the machine of a worker', () => {
  it('launches again after every death, and counts from the beginning after a healthy life', async () => {
    const { actor, pending, state, pass, context } = arrange();
    actor.send({ type: 'worker.start' });
    expect(state()).toBe('starting');
    pending.launch.resolve(null);
    await settle();
    expect(state()).toBe('started');
    pending.death.resolve({ failure: FAILURE, wasHealthy: false });
    await settle();
    expect(state()).toEqual({ crashed: 'ending' });
    pending.end.resolve();
    await settle();
    expect(state()).toEqual({ crashed: 'pausing' });
    pass();
    expect(context()).toMatchObject({ restarts: 1, failures: 1, failure: FAILURE });
    pending.launch.resolve(FAILURE);
    await settle();
    expect(state()).toEqual({ crashed: 'pausing' });
    pass();
    pending.launch.resolve(null);
    await settle();
    pending.death.resolve({ failure: FAILURE, wasHealthy: true });
    await settle();
    expect(context()).toMatchObject({ restarts: 2, failures: 0 });
  });

  it('gives up a first launch that fails, and may be started again', async () => {
    const { actor, pending, state } = arrange();
    actor.send({ type: 'worker.start' });
    pending.launch.resolve(FAILURE);
    await settle();
    expect(state()).toEqual({ crashed: 'givenUp' });
    actor.send({ type: 'worker.start' });
    expect(state()).toBe('starting');
  });

  it('stops from wherever it is, once nothing is left', async () => {
    const { actor, pending, state } = arrange();
    actor.send({ type: 'worker.start' });
    actor.send({ type: 'worker.stop' });
    expect(state()).toBe('stopping');
    pending.end.resolve();
    await settle();
    expect(state()).toBe('stopped');
    actor.send({ type: 'worker.start' });
    expect(state()).toBe('starting');
  });
});
