/**
 * The worker's side of `@bowline/supervisor`: what a `worker.ts` calls.
 *
 * @packageDocumentation
 */
import { parentPort } from 'node:worker_threads';
import { MESSAGE, messagePortTransport, parentProcessTransport, toJsonLine, WIRE_VERSION } from '@bowline/channel';
import type { ChannelDefinition, Logger, LogLevel, WorkerDefinition } from '@bowline/contracts';
import { createLogger } from '@bowline/logging';
import { clearMemoryFromCoreDumps, systemClock, systemRandom } from '@bowline/system-ports';
import { describedWorker } from './described-worker.ts';
import { type ServedWorker, serveWorker } from './serve-worker.ts';
import { serveWorkerOnJsonLines } from './serve-worker-on-json-lines.ts';

export { detachedClient } from './detached-client.ts';

/**
 * Time a worker whose actor has stopped has to end by itself, in milliseconds. Whatever still keeps it alive then is
 * a leak, and is told as one.
 */
const DRAIN_DEADLINE_MS = 1_000;

/** How long a parent that was sent SIGTERM, too, may take to end its workers, milliseconds: a host takes one second. */
const PARENT_DEADLINE_MS = 5_000;

/**
 * Runs this thread or process as one worker, and resolves when its actor has stopped.
 *
 * In a thread and in a forked process it speaks its channel to the parent, and ends with it; started from a shell it
 * speaks JSON lines on stdin and stdout, logs to stderr, and ends with its input or a SIGTERM. Its exit code is 0
 * after a stop, and 1 when the actor failed to start or to stop, or when an error was caught by nobody.
 */
export const runWorker = async <C extends ChannelDefinition, Options>(
  definition: WorkerDefinition<C, Options>,
): Promise<void> => {
  let logger = createLogger({ component: definition.name });
  const loggerFor = (level: LogLevel): Logger => {
    logger = createLogger({ level, component: definition.name });
    return logger;
  };
  endOnUncaught(() => logger);
  // Most workers hold a key of this device or are sent one. A thread has its process's.
  clearMemoryFromCoreDumps();
  const place = placeOf();
  const worker = place === 'shell' ? await serveInShell(definition, loggerFor) : serveIn(definition, loggerFor);
  if (place !== 'thread') stopOnSignals(worker, place);
  const { failure } = await worker.ended;
  process.exitCode = failure === undefined ? 0 : 1;
  if (place !== 'thread') exitAfterDrain(logger);
};

type Place = 'thread' | 'process' | 'shell';

const placeOf = (): Place => {
  if (parentPort !== null) return 'thread';
  return process.send === undefined ? 'shell' : 'process';
};

const serveIn = <C extends ChannelDefinition, Options>(
  definition: WorkerDefinition<C, Options>,
  loggerFor: (level: LogLevel) => Logger,
): ServedWorker => {
  const components = { clock: systemClock, random: systemRandom, loggerFor };
  if (parentPort !== null) return serveWorker(definition, messagePortTransport(parentPort), components);
  return serveWorker(definition, parentProcessTransport(), components);
};

/** Somebody types, or wrote a program that does: the worker says what it can be asked, and what is wrong with an input. */
const serveInShell = async <C extends ChannelDefinition, Options>(
  definition: WorkerDefinition<C, Options>,
  loggerFor: (level: LogLevel) => Logger,
): Promise<ServedWorker> => {
  // Nobody else needs the shapes, so nobody else loads them.
  const { CHANNEL_SHAPES } = await import('@bowline/contracts/shapes');
  if (process.stdin.isTTY) explainHello(definition, loggerFor('info'));
  const described = describedWorker(definition, CHANNEL_SHAPES);
  return serveWorkerOnJsonLines(described, { input: process.stdin, output: process.stdout, logger: loggerFor });
};

/** Somebody sits before it, who may not know what to type. */
const explainHello = <C extends ChannelDefinition, Options>(
  { channel }: WorkerDefinition<C, Options>,
  logger: Logger,
): void => {
  const hello = toJsonLine([MESSAGE.hello, WIRE_VERSION, channel.name, channel.version, { options: {} }]);
  const describe = toJsonLine([MESSAGE.request, 1, 'describe', {}]);
  logger.info({ hello, describe }, 'worker waits for its hello on stdin, then for requests');
};

/**
 * A terminal sends SIGINT and SIGHUP to the parent as well, and a service manager SIGTERM, which then ends its workers in the
 * right order; a worker that ran ahead of it would look like a crash. SIGTERM to a worker alone stops it all the same, once
 * nothing came of the parent in time, or when it is sent again.
 */
const stopOnSignals = (worker: ServedWorker, place: Place): void => {
  const stop = (): void => worker.stop('SIGTERM was received');
  let isTerminated = false;
  process.on('SIGTERM', () => {
    if (place === 'shell' || isTerminated) stop();
    else systemClock.setTimer(PARENT_DEADLINE_MS, stop, { unref: true });
    isTerminated = true;
  });
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (place === 'shell') worker.stop(`${signal} was received`);
    });
  }
};

const endOnUncaught = (currentLogger: () => Logger): void => {
  process.on('uncaughtException', (error) => {
    currentLogger().error({ error }, 'worker failed');
    process.exit(1);
  });
};

const exitAfterDrain = (logger: Logger): void => {
  systemClock.setTimer(
    DRAIN_DEADLINE_MS,
    () => {
      logger.warn({ resources: process.getActiveResourcesInfo() }, 'worker left something open');
      process.exit();
    },
    { unref: true },
  );
};
