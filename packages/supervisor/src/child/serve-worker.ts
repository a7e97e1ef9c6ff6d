import { serveChannel, type Transport } from '@bowline/channel';
import type { Actor, ChannelDefinition, Clock, Logger, LogLevel, Random, WorkerDefinition } from '@bowline/contracts';
import { hasSettledWithin } from '../deadline.ts';
import { WorkerStopTimeoutError } from '../errors.ts';
import { DEFAULT_STOP_DEADLINE_MS, readWorkerGreeting } from './worker-greeting.ts';

/** What {@link serveWorker} needs. */
export interface ServeWorkerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Makes the logger once the wanted level is known. */
  readonly loggerFor: (level: LogLevel) => Logger;
}

/** How a worker ended. `failure` is what kept it from serving, or its actor from stopping. */
export interface WorkerEnd {
  readonly reason: string;
  readonly failure: unknown;
}

/** An actor being served on one transport. */
export interface ServedWorker {
  /** Ends the channel and with it the actor. Idempotent. */
  stop(reason: string): void;
  /** Resolves when the actor has stopped, or did not within its deadline; never rejects. */
  readonly ended: Promise<WorkerEnd>;
}

/**
 * Serves one actor to one caller: makes it with the options of the hello, starts it, welcomes the caller, and stops
 * it when the channel ends, for whatever reason. The caller is refused with the error when it does not start.
 */
export const serveWorker = <C extends ChannelDefinition, Options>(
  definition: WorkerDefinition<C, Options>,
  transport: Transport,
  options: ServeWorkerOptions,
): ServedWorker => {
  const { clock, random, loggerFor } = options;
  let stopDeadlineMs = DEFAULT_STOP_DEADLINE_MS;
  let logger = loggerFor('info').child({ component: definition.name });
  let actor: Actor<C> | undefined;
  let starting: Promise<void> = Promise.resolve();

  const open = async (greeting: unknown): Promise<Actor<C>['handlers']> => {
    const read = readWorkerGreeting(greeting);
    stopDeadlineMs = read.stopDeadlineMs;
    logger = loggerFor(read.logLevel).child({ component: definition.name });
    // Options crossed the channel: the caller's definition is of the same version, so their type is the same.
    actor = definition.create(read.options as Options, { clock, random, logger, emit: channel.emit });
    starting = actor.start();
    await starting;
    return actor.handlers;
  };
  const channel = serveChannel(definition.channel, transport, {
    handlers: open,
    onConnection: (connection) => {
      if (actor?.accept === undefined) connection.destroy();
      else actor.accept(connection);
    },
    get logger() {
      return logger;
    },
  });
  const end = async (): Promise<WorkerEnd> => {
    const { data, cause } = await channel.closed;
    let failure = cause;
    if (failure !== undefined) logger.debug({ error: failure }, 'worker refused its caller');
    // A start that never ends must not keep the worker from ending.
    await hasSettledWithin(starting, clock, stopDeadlineMs);
    try {
      await stopWithin(actor, clock, stopDeadlineMs, definition.name);
    } catch (error) {
      failure ??= error;
      logger.error({ error }, 'actor did not stop');
    }
    return { reason: String(data.reason), failure };
  };
  return { stop: (reason) => channel.close(reason), ended: end() };
};

const stopWithin = async (
  actor: Actor<ChannelDefinition> | undefined,
  clock: Clock,
  deadlineMs: number,
  name: string,
): Promise<void> => {
  if (actor === undefined) return;
  const stopping = actor.stop();
  if (await hasSettledWithin(stopping, clock, deadlineMs)) await stopping;
  else throw new WorkerStopTimeoutError(name, deadlineMs);
};
