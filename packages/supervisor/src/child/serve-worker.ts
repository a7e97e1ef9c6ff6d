import { serveChannel, type Transport } from '@bowline/channel';
import type { Actor, ChannelDefinition, Clock, Logger, LogLevel, Random, WorkerDefinition } from '@bowline/contracts';
import { WorkerStopTimeoutError } from '../errors.ts';
import { readWorkerGreeting } from './worker-greeting.ts';

/** Time an actor has to stop, in milliseconds, before its worker ends without it. */
export const DEFAULT_ACTOR_STOP_DEADLINE_MS = 5_000;

/** What {@link serveWorker} needs. */
export interface ServeWorkerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Makes the logger once the wanted level is known. */
  readonly loggerFor: (level: LogLevel) => Logger;
  /** @defaultValue {@link DEFAULT_ACTOR_STOP_DEADLINE_MS} */
  readonly stopDeadlineMs?: number;
}

/** How a worker ended. `failure` is what kept its actor from starting or from stopping. */
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
  const { clock, random, loggerFor, stopDeadlineMs = DEFAULT_ACTOR_STOP_DEADLINE_MS } = options;
  let logger = loggerFor('info').child({ component: definition.name });
  let actor: Actor<C> | undefined;
  let starting: Promise<void> = Promise.resolve();
  let failure: unknown;

  const open = async (greeting: unknown): Promise<Actor<C>['handlers']> => {
    const { options: actorOptions, logLevel } = readWorkerGreeting(greeting);
    logger = loggerFor(logLevel).child({ component: definition.name });
    // Options crossed the channel: the caller's definition is of the same version, so their type is the same.
    actor = definition.create(actorOptions as Options, { clock, random, logger, emit: channel.emit });
    starting = actor.start();
    await starting;
    return actor.handlers;
  };
  const channel = serveChannel(definition.channel, transport, {
    handlers: async (greeting) => {
      try {
        return await open(greeting);
      } catch (error) {
        failure = error;
        logger.error({ error }, 'actor did not start');
        throw error;
      }
    },
    get logger() {
      return logger;
    },
  });
  const end = async (): Promise<WorkerEnd> => {
    const { data } = await channel.closed;
    await starting.catch((error: unknown) => {
      failure = error;
    });
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
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const cancel = clock.setTimer(deadlineMs, () => reject(new WorkerStopTimeoutError(name, deadlineMs)));
  try {
    await Promise.race([actor.stop(), timeout]);
  } finally {
    cancel();
  }
};
