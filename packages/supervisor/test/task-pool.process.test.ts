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

  test('bounds what a thread keeps for young objects', async () => {
    expect(await arrange().run(entry, null, { name: 'readYoungMebibytes' })).toBe(12);
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

  test.each([
    ['no-tasks.ts', 'TASK_MODULE_UNUSABLE'],
    ['throws-while-loading.ts', 'TASK_MODULE_UNUSABLE'],
    ['exits-while-loading.ts', 'TASK_CRASHED'],
  ])('a task of the module "%s" rejects with %s, and the pool goes on', async (file, code) => {
    const pool = arrange({ maxThreads: 1 });
    const error = await rejectionOf(pool.run(new URL(`./fixtures/${file}`, import.meta.url), null));
    expect(error).toMatchObject({ code });
    expect(await pool.run(entry, { text: 'c' })).toMatchObject({ text: 'C' });
  });

  test.each(['no-runner.ts', 'throws-while-loading.ts', 'exits-while-loading.ts'])(
    'every task rejects where the pool’s own program is "%s"',
    async (file) => {
      const pool = taskPool({ maxThreads: 2 }, { runner: new URL(`./fixtures/${file}`, import.meta.url) });
      pools.push(pool);
      const tasks = Array.from({ length: 5 }, () => rejectionOf(pool.run(entry, { text: 'a' })));
      for (const error of await Promise.all(tasks)) expect(error).toMatchObject({ code: 'TASK_CRASHED' });
      expect(await rejectionOf(pool.run(entry, { text: 'a' }))).toMatchObject({ code: 'TASK_CRASHED' });
    },
  );

  test.each(['exit', 'cancel'])('what waits behind a task that ends its thread by "%s" still runs', async (how) => {
    const pool = arrange({ maxThreads: 1 });
    await pool.run(entry, { text: 'warm' });
    const cancel = new AbortController();
    const first = rejectionOf(
      pool.run(entry, null, { name: how === 'exit' ? 'exit' : 'never', signal: cancel.signal }),
    );
    const behind = pool.run(entry, { text: 'b' });
    if (how === 'cancel') cancel.abort();
    expect(await first).toMatchObject({ code: how === 'exit' ? 'TASK_CRASHED' : 'TASK_CANCELLED' });
    expect(await behind).toMatchObject({ text: 'B' });
  });

  test('a task that is cancelled while it waits never runs', async () => {
    const pool = arrange({ maxThreads: 1 });
    const cancel = new AbortController();
    const open = pool.run(entry, { text: 'a' });
    const waiting = rejectionOf(pool.run(entry, null, { name: 'exit', signal: cancel.signal }));
    cancel.abort();
    expect(await waiting).toMatchObject({ code: 'TASK_CANCELLED' });
    expect(await open).toMatchObject({ text: 'A' });
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
