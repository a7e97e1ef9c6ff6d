import type { Socket } from 'node:net';
import type {
  ChannelDefinition,
  EventName,
  EventPayload,
  RequestInput,
  RequestName,
  RequestOutput,
} from '../channel-definition.ts';
import type { Cancel, Clock } from './clock.ts';
import type { Startable } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import type { Random } from './random.ts';

/** What every request handler is given beside its input. */
export interface RequestContext {
  /** Aborted when the caller cancels, its deadline passes, or the channel closes. */
  readonly signal: AbortSignal;
}

/** The answers of an actor, one function for each request of its channel. */
export type ChannelHandlers<C extends ChannelDefinition> = {
  readonly [R in RequestName<C>]: (
    input: RequestInput<C, R>,
    context: RequestContext,
  ) => Promise<RequestOutput<C, R>> | RequestOutput<C, R>;
};

/** Tells one event. */
export type Emit<C extends ChannelDefinition> = <E extends EventName<C>>(event: E, payload: EventPayload<C, E>) => void;

/**
 * A long-lived part that owns state and speaks one channel, wherever it is placed.
 *
 * It is made by a factory `thing(options) => (components) => Actor`; before `start` and after `stop` it tells no
 * event. A request that arrives before `start` has resolved is a mistake of the caller.
 */
export interface Actor<C extends ChannelDefinition> extends Startable {
  readonly handlers: ChannelHandlers<C>;
  /**
   * Takes a connection that whoever placed the actor has accepted for it, paused, nothing of it read. The actor owns it
   * from then on. Only an actor in the same thread or in a process of its own can be given one.
   */
  readonly accept?: (connection: Socket) => void;
}

/** What every actor is given by whoever places it. */
export interface ActorComponents<C extends ChannelDefinition> {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Tells an event on the actor's channel. */
  readonly emit: Emit<C>;
}

/** Options given to one request. */
export interface RequestOptions {
  /** Replaces the deadline of the definition. */
  readonly deadlineMs?: number;
  /** Cancels the request: the other side's `signal` aborts, and the promise rejects with `CHANNEL_CANCELLED`. */
  readonly signal?: AbortSignal;
}

/**
 * The caller's side of a channel. Identical for an actor in this thread, another thread or another process.
 */
export interface ChannelClient<C extends ChannelDefinition> {
  request<R extends RequestName<C>>(
    name: R,
    input: RequestInput<C, R>,
    options?: RequestOptions,
  ): Promise<RequestOutput<C, R>>;
  /** Hears every later telling of `event`; returns what ends it. A listener that throws is logged and does not stop the others. */
  on<E extends EventName<C>>(event: E, listener: (payload: EventPayload<C, E>) => void): Cancel;
}

/**
 * How an actor is made in a worker: found by its `name`, given plain `options` that crossed a channel.
 * Every actor package exports one from its `src/worker-definition.ts`.
 */
export interface WorkerDefinition<C extends ChannelDefinition, Options = unknown> {
  /** The package's name without scope, e.g. `discovery-mdns`; what `bowline worker <name>` takes. */
  readonly name: string;
  readonly channel: C;
  readonly create: (options: Options, components: ActorComponents<C>) => Actor<C>;
}
