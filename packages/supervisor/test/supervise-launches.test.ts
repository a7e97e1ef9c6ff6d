import { memoryTransportPair } from '@bowline/channel';
import { serveWorker } from '@bowline/supervisor';
import { fakeClock, memoryLogger, seededRandom, settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import type { LaunchedWorker } from '../src/launched-worker.ts';
import type { SupervisorOptions } from '../src/options.ts';
import { superviseLaunches } from '../src/supervise.ts';
import { echoWorker } from './fixtures/echo-worker-definition.ts';

/** A process that is none: it dies when it is told to, and may be deaf to the channel, to SIGTERM, or from birth. */
interface FakeProcess {
  readonly die: () => void;
  readonly signals: readonly string[];
}

type Deafness = 'channel' | 'term' | 'stillborn';

const arrange = (
  options: Partial<SupervisorOptions> = {},
  deafness: (launch: number) => readonly Deafness[] = () => [],
) => {
  const clock = fakeClock();
  const logger = memoryLogger();
  const components = { clock, logger, random: seededRandom() };
  const launches: FakeProcess[] = [];
  const launchedAtMs: number[] = [];

  const launch = (): LaunchedWorker => {
    const deaf = deafness(launches.length);
    const [near, far] = memoryTransportPair();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const signals: string[] = [];
    const die = (): void => {
      far.close();
      resolve();
    };
    launches.push({ die, signals });
    launchedAtMs.push(clock.monotonicMs());
    if (deaf.includes('stillborn')) die();
    else {
      const served = serveWorker(echoWorker, far, { ...components, loggerFor: () => logger });
      void served.ended.then(() => (deaf.includes('channel') ? undefined : resolve()));
    }
    const pid = launches.length;
    const signal = (name: string, isHeard: boolean) => (): void => {
      signals.push(name);
      if (isHeard) die();
    };
    return {
      transport: near,
      pid,
      ended,
      terminate: signal('SIGTERM', !deaf.includes('term')),
      kill: signal('SIGKILL', true),
    };
  };
  const placement = { definition: echoWorker, options: {}, kind: 'process' } as const;
  const worker = superviseLaunches(placement, components, { restartJitterRatio: 0, ...options }, launch);
  const states: string[] = [];
  worker.onStateChanged(({ state }) => states.push(state));
  return { worker, clock, logger, launches, launchedAtMs, states };
};

describe('a worker that dies', () => {
  test('is restarted after the first delay, and its status says so', async () => {
    const { worker, clock, launches, states } = arrange();
    await worker.start();
    expect(worker.status()).toMatchObject({ state: 'started', pid: 1, restarts: 0 });
    launches[0]?.die();
    await settle();
    expect(worker.status()).toMatchObject({ state: 'crashed', pid: null });
    await expect(worker.client.request('echo', { text: 'a' })).rejects.toMatchObject({ data: { state: 'crashed' } });
    await clock.advance(50);
    expect(worker.status()).toMatchObject({ state: 'started', pid: 2, restarts: 1 });
    expect(await worker.client.request('echo', { text: 'a' })).toEqual({ text: 'a' });
    expect(states).toEqual(['starting', 'started', 'crashed', 'starting', 'started']);
  });

  test('stops being restarted when it is stopped while it waits', async () => {
    const { worker, clock, launches } = arrange();
    await worker.start();
    launches[0]?.die();
    await settle();
    await worker.stop();
    await clock.advance(60_000);
    expect(launches).toHaveLength(1);
    expect(worker.status()).toMatchObject({ state: 'stopped', pid: null });
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('rejects what was open with the reason', async () => {
    const { worker, launches } = arrange();
    await worker.start();
    const open = worker.client.request('hang', {}).catch((error: unknown) => error);
    launches[0]?.die();
    expect(await open).toMatchObject({ code: 'CHANNEL_CLOSED', data: { reason: 'the other side closed it' } });
  });

  test('while it is prepared again is restarted once more', async () => {
    const { worker, clock, launches } = arrange();
    await worker.start();
    let prepared = 0;
    worker.onReady(async () => {
      prepared += 1;
      if (prepared === 1) {
        launches[1]?.die();
        await new Promise(() => undefined);
      }
    });
    launches[0]?.die();
    await clock.advance(50);
    expect(worker.status()).toMatchObject({ state: 'crashed', restarts: 1 });
    await clock.advance(100);
    expect(worker.status()).toMatchObject({ state: 'started', restarts: 2, pid: 3 });
  });
});

describe('a system that refuses a process', () => {
  const refusing = () => {
    const clock = fakeClock();
    const placement = { definition: echoWorker, options: {}, kind: 'process' } as const;
    let launches = 0;
    const launch = (): LaunchedWorker => {
      launches += 1;
      throw new Error('no process to be had');
    };
    const components = { clock, logger: memoryLogger(), random: seededRandom() };
    return { worker: superviseLaunches(placement, components, {}, launch), launches: () => launches };
  };

  test('rejects the start, which may be tried again, and lets itself be stopped', async () => {
    const { worker, launches } = refusing();
    await expect(worker.start()).rejects.toThrow('no process to be had');
    expect(worker.status()).toMatchObject({ state: 'crashed', pid: null });
    await expect(worker.start()).rejects.toThrow('no process to be had');
    expect(launches()).toBe(2);
    await worker.stop();
    expect(worker.status().state).toBe('stopped');
  });
});

describe('the delays between restarts', () => {
  test('double up to the cap, and the worker is never given up', async () => {
    const { worker, clock, launches, launchedAtMs } = arrange({}, (launch) => (launch === 0 ? [] : ['stillborn']));
    await worker.start();
    launches[0]?.die();
    await clock.advance(60_000);
    const delays = launchedAtMs.slice(1, 11).map((atMs, index) => atMs - (launchedAtMs[index] ?? 0));
    expect(delays).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    await clock.advance(3_600_000);
    expect(worker.status().restarts).toBeGreaterThan(350);
    await worker.stop();
  });

  test('begin anew after a healthy life, and not after a short one', async () => {
    const { worker, clock, launches, launchedAtMs } = arrange({ healthyAfterMs: 30_000 });
    await worker.start();
    const dieAfter = async (lifeMs: number): Promise<number> => {
      await clock.advance(lifeMs);
      const diedAtMs = clock.monotonicMs();
      launches.at(-1)?.die();
      await clock.advance(5_000);
      return (launchedAtMs.at(-1) ?? 0) - diedAtMs;
    };
    expect(await dieAfter(1_000)).toBe(50);
    expect(await dieAfter(1_000)).toBe(100);
    expect(await dieAfter(1_000)).toBe(200);
    expect(await dieAfter(30_000)).toBe(50);
    await worker.stop();
  });
});

describe('a worker that does not end', () => {
  const OPTIONS = { stopDeadlineMs: 1_000, terminateDeadlineMs: 300 };

  test('by itself is terminated, and not killed when that helps', async () => {
    const { worker, clock, launches } = arrange(OPTIONS, () => ['channel']);
    await worker.start();
    const stopping = worker.stop();
    await clock.advance(2_499);
    expect(launches[0]?.signals).toEqual([]);
    await clock.advance(1);
    await stopping;
    expect(launches[0]?.signals).toEqual(['SIGTERM']);
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('when it is terminated is killed', async () => {
    const { worker, clock, launches } = arrange(OPTIONS, () => ['channel', 'term']);
    await worker.start();
    const stopping = worker.stop();
    await clock.advance(2_799);
    expect(launches[0]?.signals).toEqual(['SIGTERM']);
    await clock.advance(1);
    await stopping;
    expect(launches[0]?.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(worker.status()).toMatchObject({ state: 'stopped', pid: null });
  });
});
