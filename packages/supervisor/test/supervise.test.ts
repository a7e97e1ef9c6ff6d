import { BowlineError, type WorkerDefinition } from '@bowline/contracts';
import { type SupervisorOptions, supervise } from '@bowline/supervisor';
import { fakeClock, memoryLogger, seededRandom, settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import type { EchoChannel, EchoOptions } from './fixtures/echo-channel.ts';
import { echoWorker } from './fixtures/echo-worker-definition.ts';

const arrange = (
  definition: WorkerDefinition<EchoChannel, EchoOptions> = echoWorker,
  actorOptions: EchoOptions = {},
  options: Partial<SupervisorOptions> = {},
) => {
  const clock = fakeClock();
  const logger = memoryLogger();
  const components = { clock, logger, random: seededRandom() };
  const worker = supervise({ definition, options: actorOptions, kind: 'inline' }, components, options);
  const states: string[] = [];
  worker.onStateChanged(({ state }) => states.push(state));
  return { worker, clock, logger, states };
};

/** The echo actor with some of it replaced, and a way to count how often it was made. */
const echoWith = (
  overrides: (launch: number) => { readonly start?: () => Promise<void>; readonly stop?: () => Promise<void> },
): WorkerDefinition<EchoChannel, EchoOptions> => {
  let launches = 0;
  return {
    ...echoWorker,
    create: (options, components) => {
      launches += 1;
      return { ...echoWorker.create(options, components), ...overrides(launches) };
    },
  };
};

describe('a supervised worker', () => {
  test('answers after start and is down before and after', async () => {
    const { worker, states } = arrange(echoWorker, { prefix: '> ' });
    await expect(worker.client.request('echo', { text: 'a' })).rejects.toMatchObject({
      code: 'WORKER_DOWN',
      retryable: true,
      data: { worker: 'echo', state: 'idle' },
    });
    await worker.start();
    expect(await worker.client.request('echo', { text: 'a' })).toEqual({ text: '> a' });
    await worker.stop();
    await expect(worker.client.request('echo', { text: 'a' })).rejects.toMatchObject({ code: 'WORKER_DOWN' });
    expect(states).toEqual(['starting', 'started', 'stopping', 'stopped']);
  });

  test('leaves no timer behind', async () => {
    const { worker, clock } = arrange();
    await worker.start();
    await worker.client.request('echo', { text: 'a' });
    await worker.stop();
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('start and stop are idempotent, and a stopped worker starts again', async () => {
    const { worker, states } = arrange();
    await Promise.all([worker.start(), worker.start()]);
    await worker.start();
    await Promise.all([worker.stop(), worker.stop()]);
    await worker.stop();
    await worker.start();
    expect(await worker.client.request('echo', { text: 'again' })).toEqual({ text: 'again' });
    await worker.stop();
    expect(states.filter((state) => state === 'started')).toHaveLength(2);
  });

  test('start while it stops waits for the end and begins anew', async () => {
    const { worker, states } = arrange();
    await worker.start();
    const stopping = worker.stop();
    await worker.start();
    await stopping;
    expect(states).toEqual(['starting', 'started', 'stopping', 'stopped', 'starting', 'started']);
    await worker.stop();
  });

  test('stop before start leaves it stopped', async () => {
    const { worker } = arrange();
    await worker.stop();
    expect(worker.status()).toEqual({
      name: 'echo',
      pid: null,
      placement: 'inline',
      state: 'stopped',
      restarts: 0,
      failure: null,
    });
  });

  test('a first start that fails rejects with what the actor said, and is not repeated', async () => {
    const { worker, clock, states } = arrange(echoWorker, { failStart: true });
    await expect(worker.start()).rejects.toMatchObject({ code: 'ECHO_BROKEN', message: 'It is broken.' });
    expect(states).toEqual(['starting', 'crashed']);
    await clock.advance(60_000);
    expect(states).toEqual(['starting', 'crashed']);
    await worker.stop();
    expect(worker.status().state).toBe('stopped');
  });

  test('start may be called again after it failed', async () => {
    const failing = echoWith((launch) => (launch === 1 ? { start: () => Promise.reject(new Error('once')) } : {}));
    const { worker } = arrange(failing);
    await expect(worker.start()).rejects.toMatchObject({ code: 'INTERNAL', message: 'once' });
    await worker.start();
    expect(worker.status()).toMatchObject({ state: 'started', restarts: 0 });
    await worker.stop();
  });

  test('stop during start ends the launch and rejects the start', async () => {
    const { worker, clock } = arrange(echoWith(() => ({ start: () => new Promise(() => undefined) })));
    const starting = worker.start().catch((error: unknown) => error);
    await settle();
    const stopping = worker.stop();
    await clock.advance(10_000);
    await stopping;
    expect(await starting).toMatchObject({ code: 'CHANNEL_CANCELLED' });
    expect(worker.status().state).toBe('stopped');
  });

  test('an actor that does not start in time fails the start', async () => {
    const never = echoWith(() => ({ start: () => new Promise(() => undefined) }));
    const { worker, clock } = arrange(never, {}, { startDeadlineMs: 1_000 });
    const starting = worker.start().catch((error: unknown) => error);
    await clock.advance(20_000);
    expect(await starting).toMatchObject({ code: 'CHANNEL_DEADLINE' });
  });

  test('an actor that does not stop is given up after its time', async () => {
    const { worker, clock, logger } = arrange(echoWorker, { hangStop: true }, { stopDeadlineMs: 2_000 });
    await worker.start();
    const stopping = worker.stop();
    await clock.advance(2_000);
    await stopping;
    expect(worker.status().state).toBe('stopped');
    const told = logger.lines.find(({ message }) => message === 'actor did not stop');
    expect(told?.fields.error).toMatchObject({
      code: 'WORKER_STOP_TIMEOUT',
      data: { worker: 'echo', deadlineMs: 2_000 },
    });
  });

  test('what prepares a worker may ask it, and is awaited one after another before it counts as started', async () => {
    const { worker } = arrange();
    const order: string[] = [];
    worker.onReady(async () => {
      const { text } = await worker.client.request('echo', { text: 'first' });
      order.push(text, worker.status().state);
    });
    const cancel = worker.onReady(() => void order.push('never'));
    worker.onReady(() => void order.push('second'));
    cancel();
    await worker.start();
    expect(order).toEqual(['first', 'starting', 'second']);
    await worker.stop();
  });

  test('a preparation that fails fails the start', async () => {
    const { worker, states } = arrange();
    worker.onReady(() => Promise.reject(new BowlineError({ code: 'BIND_FAILED', message: 'No port.' })));
    await expect(worker.start()).rejects.toMatchObject({ code: 'BIND_FAILED' });
    expect(states).toEqual(['starting', 'crashed']);
  });

  test('stop does not wait for a preparation that never ends', async () => {
    const { worker } = arrange();
    worker.onReady(() => new Promise(() => undefined));
    const starting = worker.start().catch((error: unknown) => error);
    await settle();
    await worker.stop();
    expect(await starting).toMatchObject({ code: 'WORKER_DOWN' });
  });

  test('a listener of a state that throws does not stop the others', async () => {
    const { worker, logger } = arrange();
    const heard: string[] = [];
    worker.onStateChanged(() => {
      throw new Error('bad');
    });
    worker.onStateChanged(({ state }) => heard.push(state));
    await worker.start();
    await worker.stop();
    expect(heard).toEqual(['starting', 'started', 'stopping', 'stopped']);
    expect(logger.lines.some(({ message }) => message === 'listener of a state failed')).toBe(true);
  });

  test.each(['thread', 'process'] as const)('a %s without an entry is refused', (kind) => {
    const components = { clock: fakeClock(), logger: memoryLogger(), random: seededRandom() };
    expect(() => supervise({ definition: echoWorker, options: {}, kind }, components)).toThrow(/"entry" must be given/);
  });

  test('events are heard by listeners that came before the start', async () => {
    const { worker } = arrange();
    const heard: string[] = [];
    worker.client.on('echo.told', ({ text }) => heard.push(text));
    await worker.start();
    await worker.client.request('tell', { text: 'x' });
    await worker.stop();
    expect(heard).toEqual(['x']);
  });
});
