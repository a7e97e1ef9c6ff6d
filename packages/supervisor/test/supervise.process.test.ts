import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type SupervisedWorker, type SupervisorOptions, supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import type { EchoChannel, EchoOptions } from './fixtures/echo-channel.ts';
import { echoWorker } from './fixtures/echo-worker-definition.ts';

const entry = new URL('./fixtures/echo-worker.ts', import.meta.url);
const workers: SupervisedWorker<EchoChannel>[] = [];

const arrange = (
  kind: 'thread' | 'process',
  actorOptions: EchoOptions = {},
  options: Partial<SupervisorOptions> = {},
  at = entry,
) => {
  const logger = memoryLogger();
  const worker = supervise(
    { definition: echoWorker, options: actorOptions, kind, entry: at },
    { clock: systemClock, random: systemRandom, logger },
    { logLevel: 'silent', ...options },
  );
  workers.push(worker);
  return { worker, logger };
};

const nextState = (worker: SupervisedWorker<EchoChannel>, wanted: string): Promise<void> =>
  new Promise((resolve) => {
    const cancel = worker.onStateChanged(({ state }) => {
      if (state !== wanted) return;
      cancel();
      resolve();
    });
  });

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

describe.each(['thread', 'process'] as const)('a worker in a %s', (kind) => {
  test.each(['no-worker.ts', 'throws-while-loading.ts', 'exits-while-loading.ts'])(
    'does not start with the module "%s", and says so at once',
    async (file) => {
      const at = new URL(`./fixtures/${file}`, import.meta.url);
      const { worker } = arrange(kind, {}, { startDeadlineMs: 60_000 }, at);
      const error = await worker.start().then(
        () => expect.fail('it started'),
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'WORKER_NOT_STARTED', data: { entry: at.href } });
      expect(worker.status().state).toBe('crashed');
    },
  );

  test('is told its options, answers, tells events and stops', async () => {
    const { worker } = arrange(kind, { prefix: 'secret ' });
    const heard: string[] = [];
    worker.client.on('echo.told', ({ text }) => heard.push(text));
    await worker.start();
    expect(await worker.client.request('echo', { text: 'a' })).toEqual({ text: 'secret a' });
    await worker.client.request('tell', { text: 'b' });
    expect(heard).toEqual(['b']);
    const { pid, youngMebibytes } = await worker.client.request('whoami', {});
    expect(pid === process.pid).toBe(kind === 'thread');
    expect(youngMebibytes).toBe(kind === 'thread' ? 12 : null);
    expect(worker.status()).toMatchObject({ placement: kind, pid: kind === 'thread' ? null : pid });
    await worker.stop();
    expect(worker.status()).toMatchObject({ state: 'stopped', pid: null });
  });

  test('is restarted after a crash, is prepared again and keeps its listeners', async () => {
    const { worker } = arrange(kind);
    const heard: string[] = [];
    let prepared = 0;
    worker.onReady(() => {
      prepared += 1;
    });
    worker.client.on('echo.told', ({ text }) => heard.push(text));
    await worker.start();
    const open = worker.client.request('hang', {}).catch((error: unknown) => error);
    const [crashed, restarted] = [nextState(worker, 'crashed'), nextState(worker, 'starting')];
    // The answer and the crash race each other; either may come first.
    await Promise.allSettled([worker.client.request('crash', {})]);
    expect(await open).toMatchObject({ code: 'CHANNEL_CLOSED', retryable: true });
    await crashed;
    await expect(worker.client.request('echo', { text: 'a' })).rejects.toMatchObject({ code: 'WORKER_DOWN' });
    await restarted;
    await nextState(worker, 'started');
    await worker.client.request('tell', { text: 'after' });
    expect(heard).toEqual(['after']);
    expect(prepared).toBe(2);
    expect(worker.status().restarts).toBe(1);
  });

  test('that refuses to start keeps its own error', async () => {
    const { worker } = arrange(kind, { failStart: true });
    await expect(worker.start()).rejects.toMatchObject({ code: 'ECHO_BROKEN' });
  });

  test('that leaves something open is ended all the same', async () => {
    const { worker } = arrange(kind, { leakTimer: true }, { stopDeadlineMs: 100 });
    await worker.start();
    await worker.stop();
    expect(worker.status()).toMatchObject({ state: 'stopped', pid: null });
  });

  test('whose actor never stops is ended after its time', async () => {
    const { worker } = arrange(kind, { hangStop: true, leakTimer: true }, { stopDeadlineMs: 100 });
    await worker.start();
    await worker.stop();
    expect(worker.status().state).toBe('stopped');
  });
});

describe('a worker in a process', () => {
  test('is restarted when it is killed, and says so in the reason', async () => {
    const { worker, logger } = arrange('process');
    await worker.start();
    const { pid } = worker.status();
    const started = nextState(worker, 'started');
    const open = worker.client.request('hang', {}).catch((error: unknown) => error);
    process.kill(pid ?? 0, 'SIGKILL');
    expect(await open).toMatchObject({ code: 'CHANNEL_CLOSED', data: { reason: 'the process was killed by SIGKILL' } });
    await started;
    expect(worker.status().pid).not.toBe(pid);
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'worker crashed' }));
  });

  test('that hears nothing at all is killed', async () => {
    const { worker } = arrange('process', {}, { stopDeadlineMs: 0, terminateDeadlineMs: 50 });
    await worker.start();
    const { pid } = worker.status();
    process.kill(pid ?? 0, 'SIGSTOP');
    await worker.stop();
    expect(worker.status()).toMatchObject({ state: 'stopped', pid: null });
  });

  test('ends by itself when its host is killed', async () => {
    const fixture = fileURLToPath(new URL('./fixtures/orphaning-host.ts', import.meta.url));
    const host = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [line] = (await once(createInterface(host.stdout), 'line')) as [string];
    expect(process.kill(Number(line), 0)).toBe(true);
    host.stderr.resume();
    host.kill('SIGKILL');
    // The worker holds the other end of the host's stderr: it closes only when both are gone.
    await once(host, 'close');
  });
});

describe('a worker that hangs', () => {
  /** Two seconds: one that works is not silent for so long on a busy machine. */
  const impatient = { pingIntervalMs: 200, maxSilentPings: 10 };

  test('by a signal is replaced, and what was asked of it rejects', async () => {
    const { worker } = arrange('process', {}, impatient);
    await worker.start();
    const { pid } = worker.status();
    const [crashed, again] = [nextState(worker, 'crashed'), nextState(worker, 'started')];
    process.kill(pid ?? Number.NaN, 'SIGSTOP');
    const asked = worker.client.request('echo', { text: 'a' }, { deadlineMs: 60_000 });
    await expect(asked).rejects.toMatchObject({ code: 'CHANNEL_CLOSED' });
    await crashed;
    expect(worker.status().failure).toMatchObject({ code: 'WORKER_HUNG' });
    await again;
    expect(worker.status()).toMatchObject({ restarts: 1 });
    expect(worker.status().pid).not.toBe(pid);
    expect(await worker.client.request('echo', { text: 'a' })).toEqual({ text: 'a' });
  });

  test.each(['thread', 'process'] as const)('by a loop without end in a %s is replaced', async (kind) => {
    const { worker } = arrange(kind, {}, impatient);
    await worker.start();
    const again = nextState(worker, 'started');
    await expect(worker.client.request('spin', {})).rejects.toMatchObject({ code: 'CHANNEL_CLOSED' });
    await again;
    expect(await worker.client.request('echo', { text: 'a' })).toEqual({ text: 'a' });
  });
});

describe('a process whose whole group is sent SIGTERM, as service managers do', () => {
  test('leaves it to its parent to end it, so that nothing looks like a crash', async () => {
    const { worker, logger } = arrange('process');
    await worker.start();
    const { pid } = worker.status();
    if (pid === null) throw new Error('the worker has no process');
    process.kill(pid, 'SIGTERM');
    // By the last of them the signal has come.
    for (let round = 0; round < 20; round += 1) await worker.client.request('echo', { text: 'a' });
    expect(worker.status()).toMatchObject({ state: 'started', pid, restarts: 0 });
    await worker.stop();
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('ends when it is sent twice, for whoever means the process alone', async () => {
    const { worker } = arrange('process');
    await worker.start();
    const { pid } = worker.status();
    if (pid === null) throw new Error('the worker has no process');
    const crashed = nextState(worker, 'crashed');
    process.kill(pid, 'SIGTERM');
    for (let round = 0; round < 20; round += 1) await worker.client.request('echo', { text: 'a' });
    process.kill(pid, 'SIGTERM');
    await crashed;
  });
});
