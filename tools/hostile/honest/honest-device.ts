import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostOptions } from '@bowline/host';
import { COLLECTED_DIR } from './collect-on-signal.ts';
import type { HonestCalls } from './device.ts';
import { type HeldMemory, heldMemory } from './held-memory.ts';
import { openSockets } from './open-sockets.ts';

type Result<M extends keyof HonestCalls> = Awaited<ReturnType<HonestCalls[M]>>;

/** An honest device in a process of its own, workers and all. */
export interface HonestDevice extends AsyncDisposable {
  readonly name: string;
  readonly endpointId: string;
  readonly dataDir: string;
  /** Calls the device; rejects with what it failed with, or when it ended. */
  call<M extends keyof HonestCalls>(method: M, ...args: Parameters<HonestCalls[M]>): Promise<Result<M>>;
  /** The device's process and those of its workers. */
  pids(): Promise<readonly number[]>;
  /** Memory of all of them, without garbage and without what only this tester keeps. */
  held(): Promise<HeldMemory>;
  openSockets(): Promise<number>;
  /** Restarts of its workers since it started: anything but 0 is a crash. */
  restarts(): Promise<number>;
  stop(): Promise<void>;
}

export interface HonestOptions extends HostOptions {
  readonly name: string;
  /** Runs the device in a network namespace of its own, where loopback is all there is (Linux). */
  readonly isAlone?: boolean;
  /** What is put before its command, to run it elsewhere. */
  readonly within?: readonly string[];
}

const ENTRY = fileURLToPath(new URL('./device.ts', import.meta.url));
const COLLECTOR = new URL('./collect-on-signal.ts', import.meta.url).href;

/** Brings loopback up, then becomes the device; the channel to the parent is inherited. */
const IN_NAMESPACE = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];

const start = (options: HonestOptions, collectedDir: string): ChildProcess => {
  const { isAlone = false, within = [], ...hostOptions } = options;
  const argument = JSON.stringify(hostOptions);
  // Workers inherit it.
  const env = {
    ...process.env,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${COLLECTOR}`.trim(),
    [COLLECTED_DIR]: collectedDir,
  };
  if (!isAlone && within.length === 0) return fork(ENTRY, [argument], { serialization: 'advanced', env });
  const [first = '', ...rest] = isAlone ? ['unshare', ...IN_NAMESPACE] : within;
  return spawn(first, [...rest, process.execPath, ...process.execArgv, ENTRY, argument], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
    env,
  });
};

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Starts a device and waits until it runs. */
export const honestDevice = async (options: HonestOptions): Promise<HonestDevice> => {
  const { name } = options;
  const collectedDir = mkdtempSync(join(tmpdir(), 'bowline-hostile-collected-'));
  const child = start(options, collectedDir);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  child.on('message', ({ id, result, error }: Answer) => {
    const waiter = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) waiter?.resolve(result);
    else waiter?.reject(new Error(`${name}: ${error}`));
  });
  const exited = once(child, 'exit');
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended`));
    waiting.clear();
    rmSync(collectedDir, { recursive: true, force: true });
  });

  const call: HonestDevice['call'] = async (method, ...args) => {
    calls += 1;
    const waiter = Promise.withResolvers<unknown>();
    waiting.set(calls, waiter);
    child.send({ id: calls, method, args }, (error) => {
      if (error !== null) waiter.reject(new Error(`${name} cannot be reached`, { cause: error }));
    });
    return (await waiter.promise) as never;
  };

  const pids = async (): Promise<readonly number[]> => {
    const { workers } = await call('status');
    return [...new Set([child.pid ?? 0, ...workers.flatMap(({ pid }) => (pid === null ? [] : [pid]))])];
  };

  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    await call('stop');
    child.disconnect();
    await exited;
  };

  const { endpointId } = await call('start');
  return {
    name,
    endpointId,
    dataDir: options.dataDir,
    call,
    pids,
    held: async () => {
      await call('forgetEvents');
      return heldMemory(await pids(), collectedDir);
    },
    openSockets: async () => openSockets(await pids()),
    restarts: async () => (await call('status')).workers.reduce((sum, { restarts }) => sum + restarts, 0),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
