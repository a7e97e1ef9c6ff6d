import type { Socket } from 'node:net';
import type {
  BowlineError,
  Cancel,
  ChannelClient,
  ChannelDefinition,
  Clock,
  EventName,
  EventPayload,
  Logger,
  RequestOptions,
} from '@bowline/contracts';
import { type ChannelMessage, MESSAGE, WIRE_VERSION } from './channel-message.ts';
import { type ErrorEnvelope, fromErrorEnvelope } from './error-envelope.ts';
import { ChannelCancelledError, ChannelClosedError, ChannelDeadlineError, UncarriableMessageError } from './errors.ts';
import { type EventListeners, eventListeners } from './event-listeners.ts';
import { type ExpiryTimer, expiryTimer } from './expiry-timer.ts';
import type { Transport } from './transport.ts';

/** Time the serving side has to open, in milliseconds, unless the options say otherwise: a cold start of a process with a database to migrate, with room. */
export const DEFAULT_HANDSHAKE_DEADLINE_MS = 30_000;

/** Deadline of a request the definition does not know; the other side answers that it does not know it either. */
const UNDEFINED_REQUEST_DEADLINE_MS = 10_000;

/** Timers may fire a fraction of a millisecond before their time; what is due within this counts as due. */
const TIMER_SLACK_MS = 0.5;

/** What {@link connectChannel} needs. */
export interface ConnectChannelOptions<C extends ChannelDefinition = ChannelDefinition> {
  readonly clock: Clock;
  /** Hears of listeners that fail. Without one their errors are thrown as uncaught. */
  readonly logger?: Logger;
  /** Gives up on the handshake; without effect once it is done. */
  readonly signal?: AbortSignal;
  /** Plain data for whoever serves: a worker's options. */
  readonly greeting?: unknown;
  /** Milliseconds until an unanswered hello rejects with `CHANNEL_DEADLINE`. @defaultValue {@link DEFAULT_HANDSHAKE_DEADLINE_MS} */
  readonly handshakeDeadlineMs?: number;
  /**
   * Who hears the channel's events, where somebody listens before there is a channel and after it: those told while
   * the other side is still opening are heard too. @defaultValue listeners of its own
   */
  readonly listeners?: EventListeners<C>;
}

/** A {@link ChannelClient} with its end. */
export interface ConnectedChannel<C extends ChannelDefinition> extends ChannelClient<C> {
  /** Resolves when the other side answers, however long that takes. @throws BowlineError `CHANNEL_CLOSED` */
  ping(): Promise<void>;
  /**
   * Hands over a connection that was accepted paused (`pauseOnConnect`). Resolves with whether it left this side; one
   * that did not is the caller's to end.
   */
  passConnection(connection: Socket): Promise<boolean>;
  /** Ends the channel: open requests reject with `CHANNEL_CLOSED`, the other side is told. Idempotent. */
  close(reason?: string): void;
  /** Resolves once, with the reason, when the channel has ended; never rejects. */
  readonly closed: Promise<BowlineError>;
}

/**
 * Connects to whoever serves `definition` at the other end of `transport`, and resolves when it is ready.
 *
 * Long because one end settles everything that is open: handshake, requests, pings, and connections handed over.
 *
 * @throws BowlineError `CHANNEL_VERSION_MISMATCH` when the other side is of another build; `CHANNEL_DEADLINE` when it
 * does not answer in time; `CHANNEL_CANCELLED` by its signal; `CHANNEL_CLOSED` when the transport ends first; and whatever kept it from opening.
 */
export const connectChannel = <C extends ChannelDefinition>(
  definition: C,
  transport: Transport,
  options: ConnectChannelOptions<C>,
): Promise<ConnectedChannel<C>> => new ChannelCaller(definition, transport, options).connect();

interface PendingRequest {
  readonly verb: string;
  readonly deadlineMs: number;
  readonly dueMs: number;
  readonly resolve: (output: never) => void;
  readonly reject: (error: BowlineError) => void;
  /** Ends the watch over the caller's signal, where there is one. */
  readonly unwatch: Cancel | undefined;
}

/** The hello is kept among the requests under an id no request has: it has the same deadline and the same end. */
const HELLO_ID = 0;

class ChannelCaller<C extends ChannelDefinition> implements ConnectedChannel<C> {
  readonly closed: Promise<BowlineError>;
  readonly #definition: C;
  readonly #transport: Transport;
  readonly #options: ConnectChannelOptions<C>;
  readonly #clock: Clock;
  readonly #pending = new Map<number, PendingRequest>();
  readonly #listeners: EventListeners<C>;
  readonly #expiry: ExpiryTimer;
  #nextId = HELLO_ID + 1;
  #closedWith: BowlineError | undefined;
  #resolveClosed: (reason: BowlineError) => void = () => undefined;

  constructor(definition: C, transport: Transport, options: ConnectChannelOptions<C>) {
    this.#definition = definition;
    this.#transport = transport;
    this.#options = options;
    this.#clock = options.clock;
    this.#listeners = options.listeners ?? eventListeners(options.logger);
    this.#expiry = expiryTimer(options.clock, (nowMs) => this.#expire(nowMs));
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  async connect(): Promise<ConnectedChannel<C>> {
    const { name, version } = this.#definition;
    const { greeting, signal, handshakeDeadlineMs = DEFAULT_HANDSHAKE_DEADLINE_MS } = this.#options;
    this.#transport.listen({
      onMessage: (message) => this.#receive(message),
      onClose: (reason) => this.#end(reason),
    });
    try {
      const hello: ChannelMessage = [MESSAGE.hello, WIRE_VERSION, name, version, greeting];
      await this.#ask(HELLO_ID, 'hello', hello, handshakeDeadlineMs, signal);
    } catch (error) {
      this.close('the handshake failed');
      throw error;
    }
    return this;
  }

  request(name: string, input: unknown, options?: RequestOptions): Promise<never> {
    const deadlineMs =
      options?.deadlineMs ?? this.#definition.requests[name]?.deadlineMs ?? UNDEFINED_REQUEST_DEADLINE_MS;
    const id = this.#nextId;
    this.#nextId += 1;
    return this.#ask(id, name, [MESSAGE.request, id, name, input], deadlineMs, options?.signal);
  }

  on<E extends EventName<C>>(event: E, listener: (payload: EventPayload<C, E>) => void): Cancel {
    return this.#listeners.on(event, listener);
  }

  ping(): Promise<void> {
    const id = this.#nextId;
    this.#nextId += 1;
    return this.#ask(id, 'ping', [MESSAGE.ping, id], Number.POSITIVE_INFINITY, undefined);
  }

  async passConnection(connection: Socket): Promise<boolean> {
    if (this.#closedWith !== undefined) return false;
    return (await this.#transport.postConnection?.(connection)) ?? false;
  }

  close(reason = 'the caller closed it'): void {
    if (this.#closedWith !== undefined) return;
    this.#transport.post([MESSAGE.bye, reason]);
    this.#end(reason);
  }

  #ask(
    id: number,
    verb: string,
    message: ChannelMessage,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<never> {
    return new Promise((resolve, reject) => {
      if (this.#closedWith !== undefined) return reject(this.#closedWith);
      if (signal?.aborted === true) return reject(this.#cancelled(verb, signal));
      try {
        this.#transport.post(message);
      } catch (cause) {
        return reject(new UncarriableMessageError(this.#definition.name, `"${verb}"`, cause));
      }
      const dueMs = this.#clock.monotonicMs() + deadlineMs;
      const unwatch = signal === undefined ? undefined : this.#watch(id, verb, signal);
      this.#pending.set(id, { verb, deadlineMs, dueMs, resolve, reject, unwatch });
      this.#expiry.ensure(dueMs);
    });
  }

  #watch(id: number, verb: string, signal: AbortSignal): Cancel {
    const onAbort = (): void => this.#abandon(id, this.#cancelled(verb, signal));
    signal.addEventListener('abort', onAbort, { once: true });
    return () => signal.removeEventListener('abort', onAbort);
  }

  #receive(message: ChannelMessage): void {
    switch (message[0]) {
      case MESSAGE.result:
        this.#take(message[1])?.resolve(message[2] as never);
        return;
      case MESSAGE.failure:
        this.#fail(message[1], message[2]);
        return;
      case MESSAGE.event:
        this.#listeners.tell(message[1], message[2]);
        return;
      case MESSAGE.welcome:
        this.#take(HELLO_ID)?.resolve(undefined as never);
        return;
      case MESSAGE.refused:
        this.#take(HELLO_ID)?.reject(fromErrorEnvelope(message[1]));
        return;
      case MESSAGE.bye:
        this.#end(message[1]);
        return;
      default:
        this.#options.logger?.warn({ channel: this.#definition.name }, 'message of no known kind ignored');
    }
  }

  #fail(id: number | null, envelope: ErrorEnvelope): void {
    if (id !== null) {
      this.#take(id)?.reject(fromErrorEnvelope(envelope));
      return;
    }
    this.#options.logger?.warn(
      { channel: this.#definition.name, code: envelope.code, reason: envelope.message },
      'other side did not understand a message',
    );
  }

  #take(id: number): PendingRequest | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    pending.unwatch?.();
    return pending;
  }

  /** Ends a request from this side, and lets the other side stop working on it. */
  #abandon(id: number, error: BowlineError): void {
    const pending = this.#take(id);
    if (pending === undefined) return;
    this.#transport.post([MESSAGE.cancel, id]);
    pending.reject(error);
  }

  #expire(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [id, { verb, deadlineMs, dueMs }] of [...this.#pending]) {
      if (dueMs - nowMs <= TIMER_SLACK_MS) {
        this.#abandon(id, new ChannelDeadlineError(this.#definition.name, verb, deadlineMs));
      } else if (dueMs < nextMs) nextMs = dueMs;
    }
    return nextMs;
  }

  #cancelled(verb: string, signal: AbortSignal): ChannelCancelledError {
    return new ChannelCancelledError(this.#definition.name, verb, signal.reason);
  }

  #end(reason: string): void {
    if (this.#closedWith !== undefined) return;
    const error = new ChannelClosedError(this.#definition.name, reason);
    this.#closedWith = error;
    this.#expiry.cancel();
    this.#transport.close();
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
    this.#resolveClosed(error);
  }
}
