import { Worker } from 'node:worker_threads';
import { messagePortTransport } from '@bowline/channel';
import type { LaunchedWorker } from './launched-worker.ts';
import { threadArguments } from './shared-arguments.ts';
import { THREAD_LIMITS } from './thread-limits.ts';

/** Launches a worker in a thread of this process. */
export const launchThread = (entry: URL, name: string): LaunchedWorker => {
  const worker = new Worker(entry, {
    name,
    argv: [name],
    execArgv: threadArguments(),
    stdout: true,
    resourceLimits: THREAD_LIMITS,
  });
  // What a library prints must not get between the lines a command prints on stdout.
  worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  return {
    transport: messagePortTransport(worker),
    pid: null,
    ended,
    terminate: () => undefined,
    kill: () => {
      worker.terminate().catch(() => undefined);
    },
  };
};
