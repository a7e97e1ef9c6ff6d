import { fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { childProcessTransport } from '@bowline/channel';
import type { Clock } from '@bowline/contracts';
import type { LaunchedWorker } from './launched-worker.ts';
import { processArguments } from './shared-arguments.ts';

const STDERR = 2;

/**
 * A host that keeps compiled code shares it: a worker then starts in a quarter of the time, which is what a crash
 * costs its users.
 */
const compileCache = (): { readonly NODE_COMPILE_CACHE?: string } => {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
};

/**
 * glibc otherwise keeps what a burst of connections took in native code, in arenas of its own for every thread. With
 * these more of it goes back to the system; where the C library is another one, nobody reads them.
 */
const FRUGAL_ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '65536' } as const;

/**
 * One thread for what native code does beside the event loop (Rust's tokio). A single datagram otherwise wakes one that
 * wakes another to share the work: twice the wake-ups of an idle device, and no more throughput, which the event loop bounds.
 */
const FRUGAL_POOL = { TOKIO_WORKER_THREADS: '1' } as const;

/** Launches a worker in a process of its own, which ends when this process does. */
export const launchProcess = (entry: URL, name: string, clock: Clock): LaunchedWorker => {
  const child = fork(entry, [name], {
    serialization: 'advanced',
    execArgv: processArguments(),
    stdio: ['ignore', STDERR, STDERR, 'ipc'],
    // Handed on unread. A cache named there is shared as it is: the folder Node made in it for its version is made again.
    env: { ...FRUGAL_ALLOCATOR, ...FRUGAL_POOL, ...compileCache(), ...process.env },
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    // A process that could not be started has no pid, and never exits.
    child.once('error', () => {
      if (child.pid === undefined) resolve();
    });
  });
  return {
    transport: childProcessTransport(child, { clock }),
    pid: child.pid ?? null,
    ended,
    terminate: () => {
      child.kill('SIGTERM');
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};
