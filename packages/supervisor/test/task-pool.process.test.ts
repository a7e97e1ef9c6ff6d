import { type TaskPool, type TaskPoolOptions, taskPool } from '@bowline/supervisor';
import { afterEach, describe, expect, test } from 'vitest';

const entry = new URL('./fixtures/sample-tasks.ts', import.meta.url);
const pools: TaskPool[] = [];

const arrange = (options: Partial<TaskPoolOptions> = {}): TaskPool => {
  const pool = taskPool(options);
  pools.push(pool);
  return pool;
};

const rejectionOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was answered',
    (error: unknown) => error,
  );

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('a task pool', () => {
  test('runs a task in a thread', async () => {
    expect(await arrange().run(entry, { text: 'a' })).toEqual({ text: 'A', isMainThread: false });
  });

  test('gives a task a signal, as whoever runs it without a pool does', async () => {
    expect(await arrange().run(entry, null, { name: 'readSignal' })).toEqual({ isAborted: false });
  });

  test('an error of a task keeps its code, stage and data', async () => {
    const error = await rejectionOf(arrange().run(entry, null, { name: 'failKnown' }));
    expect(error).toMatchObject({ code: 'PROBE_FAILED', stage: 'dial', retryable: true, data: { n: 1 } });
  });

  test.each(['never', 'spin'])('a signal ends the task "%s", and the pool goes on', async (name) => {
    const pool = arrange({ maxThreads: 1 });
    await pool.run(entry, { text: 'warm' });
    const cancel = new AbortController();
    const running = rejectionOf(pool.run(entry, null, { name, signal: cancel.signal }));
    cancel.abort();
    expect(await running).toMatchObject({ code: 'TASK_CANCELLED' });
    expect(await pool.run(entry, { text: 'b' })).toMatchObject({ text: 'B' });
  });

  test('a task whose signal was aborted before is not run', async () => {
    const error = await rejectionOf(arrange().run(entry, null, { name: 'exit', signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: 'TASK_CANCELLED' });
  });

  test.each([
    ['exit', 'TASK_CRASHED'],
    ['answerFunction', 'TASK_CRASHED'],
    ['missing', 'TASK_UNKNOWN'],
  ])('"%s" rejects with %s, and the pool goes on', async (name, code) => {
    const pool = arrange({ maxThreads: 1 });
    expect(await rejectionOf(pool.run(entry, null, { name }))).toMatchObject({ code });
    expect(await pool.run(entry, { text: 'c' })).toMatchObject({ text: 'C' });
  });

  test('a module that is not there rejects', async () => {
    const missing = new URL('./fixtures/no-tasks.ts', import.meta.url);
    expect(await rejectionOf(arrange().run(missing, null))).toMatchObject({ code: 'INTERNAL' });
  });

  test('threads that cannot start reject what waits for them', async () => {
    const pool = taskPool({}, { runner: new URL('./fixtures/no-runner.ts', import.meta.url) });
    pools.push(pool);
    const waiting = [pool.run(entry, { text: 'a' }), pool.run(entry, { text: 'b' }), pool.run(entry, { text: 'c' })];
    const errors = await Promise.all(waiting.map(rejectionOf));
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual(Array(3).fill('TASK_CRASHED'));
    expect(await rejectionOf(pool.run(entry, { text: 'd' }))).toMatchObject({ code: 'TASK_CRASHED' });
  });

  test('more tasks than fit are refused, and the place is free again afterwards', async () => {
    const pool = arrange({ maxThreads: 1, maxQueued: 1 });
    const flag = new SharedArrayBuffer(4);
    const open = [pool.run(entry, { flag }, { name: 'wait' }), pool.run(entry, { text: 'queued' })];
    const refused = await rejectionOf(pool.run(entry, { text: 'too many' }));
    expect(refused).toMatchObject({ code: 'TASK_QUEUE_FULL', retryable: true });
    Atomics.store(new Int32Array(flag), 0, 1);
    Atomics.notify(new Int32Array(flag), 0);
    await Promise.all(open);
    expect(await pool.run(entry, { text: 'd' })).toMatchObject({ text: 'D' });
  });

  test('closing rejects what runs and what waits, and takes nothing more', async () => {
    const pool = arrange({ maxThreads: 1 });
    await pool.run(entry, { text: 'warm' });
    const open = [rejectionOf(pool.run(entry, null, { name: 'never' })), rejectionOf(pool.run(entry, { text: 'e' }))];
    await Promise.all([pool.close(), pool.close()]);
    for (const error of await Promise.all(open)) expect(error).toMatchObject({ code: 'TASK_POOL_CLOSED' });
    expect(await rejectionOf(pool.run(entry, { text: 'f' }))).toMatchObject({ code: 'TASK_POOL_CLOSED' });
  });
});
