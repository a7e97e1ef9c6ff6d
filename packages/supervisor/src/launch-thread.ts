import { Worker } from 'node:worker_threads';
import { messagePortTransport } from '@bowline/channel';
import type { LaunchedWorker } from './launched-worker.ts';

/** Launches a worker in a thread of this process. */
export const launchThread = (entry: URL): LaunchedWorker => {
  // No argument of ours is meant for a thread, and a test runner's would load the runner in it.
  const worker = new Worker(entry, { execArgv: [], stdout: true });
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
