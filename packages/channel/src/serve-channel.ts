import { BowlineError, type ChannelDefinition, type ChannelHandlers, type Emit, type Logger } from '@bowline/contracts';
import {
  type ChannelMessage,
  type HelloMessage,
  MESSAGE,
  type RequestMessage,
  WIRE_VERSION,
} from './channel-message.ts';
import { toErrorEnvelope } from './error-envelope.ts';
import {
  BadMessageError,
  ChannelBusyError,
  ChannelCancelledError,
  ChannelClosedError,
  ChannelVersionMismatchError,
  UncarriableMessageError,
  UnknownRequestError,
} from './errors.ts';
import { RequestScope } from './request-scope.ts';
import type { Transport } from './transport.ts';

/** Requests worked on at a time, unless the options say otherwise: a bound against a caller gone wild, never met in use. */
export const DEFAULT_MAX_OPEN_REQUESTS = 10_000;

/** What {@link serveChannel} needs. */
export interface ServeChannelOptions<C extends ChannelDefinition> {
  /**
   * The answers; or what makes them, called once with the greeting of the caller's hello. The caller is welcomed when
   * it resolves, and refused with the error when it rejects.
   */
  readonly handlers: ChannelHandlers<C> | ((greeting: unknown) => Promise<ChannelHandlers<C>>);
  /** Hears of handlers that fail with an error that is none of ours. */
  readonly logger?: Logger;
  /** @defaultValue {@link DEFAULT_MAX_OPEN_REQUESTS} */
  readonly maxOpenRequests?: number;
}

/** The serving side of one channel to one caller. */
export interface ServedChannel<C extends ChannelDefinition> {
  /** Tells an event. Before the caller's hello and after the end there is nobody to hear it, and it does nothing. */
  readonly emit: Emit<C>;
  /** Ends the channel: the caller's open requests reject, the handlers' signals abort. Idempotent. */
  close(reason?: string): void;
  /**
   * Resolves once, with the reason, when the channel has ended; never rejects. When the caller was refused, the
   * error it was refused with is the cause.
   */
  readonly closed: Promise<BowlineError>;
}

/** Answers the requests of one caller on `transport`. One transport carries one channel. */
export const serveChannel = <C extends ChannelDefinition>(
  definition: C,
  transport: Transport,
  options: ServeChannelOptions<C>,
): ServedChannel<C> => {
  const server = new ChannelServer(definition, transport, options);
  return {
    emit: (event, payload) => server.emit(event, payload),
    close: (reason = 'the serving side closed it') => server.close(reason),
    closed: server.closed,
  };
};

type Handler = (input: unknown, context: RequestScope) => unknown;

class ChannelServer<C extends ChannelDefinition> {
  readonly closed: Promise<BowlineError>;
  readonly #definition: C;
  readonly #transport: Transport;
  readonly #options: ServeChannelOptions<C>;
  readonly #maxOpenRequests: number;
  readonly #open = new Map<number, RequestScope>();
  /** Requests and cancellations that came between the hello and the welcome. */
  #early: ChannelMessage[] = [];
  #handlers: ReadonlyMap<string, Handler> | undefined;
  #state: 'waiting' | 'opening' | 'open' | 'closed' = 'waiting';
  #resolveClosed: (reason: BowlineError) => void = () => undefined;

  constructor(definition: C, transport: Transport, options: ServeChannelOptions<C>) {
    this.#definition = definition;
    this.#transport = transport;
    this.#options = options;
    this.#maxOpenRequests = options.maxOpenRequests ?? DEFAULT_MAX_OPEN_REQUESTS;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    transport.listen({
      onMessage: (message) => this.#receive(message),
      onClose: (reason) => this.#end(reason),
    });
  }

  emit(event: string, payload: unknown): void {
    if (this.#state !== 'open' && this.#state !== 'opening') return;
    try {
      this.#transport.post([MESSAGE.event, event, payload]);
    } catch (cause) {
      throw new UncarriableMessageError(this.#definition.name, `Event "${event}"`, cause);
    }
  }

  close(reason: string): void {
    if (this.#state === 'closed') return;
    this.#transport.post([MESSAGE.bye, reason]);
    this.#end(reason);
  }

  #receive(message: ChannelMessage): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'opening' && this.#canWait(message)) {
      this.#early.push(message);
      return;
    }
    switch (message[0]) {
      case MESSAGE.request:
        this.#answer(message);
        return;
      case MESSAGE.cancel:
        this.#cancel(message[1]);
        return;
      case MESSAGE.hello:
        this.#greet(message);
        return;
      case MESSAGE.bye:
        this.#end(message[1]);
        return;
      default:
        this.#fail(null, new BadMessageError('it is not one a caller sends'));
    }
  }

  #greet([, wireVersion, name, version, greeting]: HelloMessage): void {
    if (this.#state !== 'waiting') {
      this.#fail(null, new BadMessageError('the channel has had its hello'));
      return;
    }
    this.#state = 'opening';
    const { name: ownName, version: ownVersion } = this.#definition;
    if (wireVersion !== WIRE_VERSION || name !== ownName || version !== ownVersion) {
      const [own, asked] = [[ownName, ownVersion, WIRE_VERSION] as const, [name, version, wireVersion] as const];
      this.#refuse(new ChannelVersionMismatchError(describeVersion(own), describeVersion(asked)));
      return;
    }
    const { handlers } = this.#options;
    if (typeof handlers !== 'function') {
      this.#welcome(handlers);
      return;
    }
    // In a microtask of its own, so that whatever the opening does first, `serveChannel` has returned.
    Promise.resolve(greeting)
      .then(handlers)
      .then((made) => this.#welcome(made))
      .catch((error: unknown) => this.#refuse(error));
  }

  #welcome(handlers: ChannelHandlers<C>): void {
    if (this.#state !== 'opening') return;
    this.#handlers = handlersByVerb(this.#definition, handlers);
    this.#state = 'open';
    this.#transport.post([MESSAGE.welcome]);
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.#receive(message);
  }

  #canWait(message: ChannelMessage): boolean {
    const isAboutRequest = message[0] === MESSAGE.request || message[0] === MESSAGE.cancel;
    return isAboutRequest && this.#early.length < this.#maxOpenRequests;
  }

  #refuse(error: unknown): void {
    if (this.#state !== 'opening') return;
    this.#postFailure(error, (envelope) => [MESSAGE.refused, envelope]);
    this.#end('the caller was refused', error);
  }

  #answer(message: RequestMessage): void {
    // Read by index: destructuring an array runs its iterator, which this path would feel.
    const id = message[1];
    const verb = message[2];
    const handler = this.#handlers?.get(verb);
    if (handler === undefined || this.#open.has(id) || this.#open.size >= this.#maxOpenRequests) {
      this.#refuseRequest(id, verb);
      return;
    }
    const scope = new RequestScope();
    let output: unknown;
    try {
      output = handler(message[3], scope);
    } catch (error) {
      this.#failWith(id, verb, error);
      return;
    }
    // Only what is answered later is open: nothing can be cancelled, or end, while its handler runs.
    if (isThenable(output)) this.#answerLater(id, verb, scope, output);
    else this.#succeed(id, output);
  }

  #answerLater(id: number, verb: string, scope: RequestScope, output: PromiseLike<unknown>): void {
    // The handler itself may have ended the channel.
    if (this.#state === 'closed') scope.abort(new ChannelClosedError(this.#definition.name, 'it ended meanwhile'));
    else this.#open.set(id, scope);
    output.then(
      (value) => {
        if (this.#close(id, scope)) this.#succeed(id, value);
      },
      (error: unknown) => {
        if (this.#close(id, scope)) this.#failWith(id, verb, error);
      },
    );
  }

  /** @returns whether the request was still open: not cancelled, and the channel not ended. */
  #close(id: number, scope: RequestScope): boolean {
    return this.#open.get(id) === scope && this.#open.delete(id);
  }

  #refuseRequest(id: number, verb: string): void {
    if (this.#handlers === undefined) {
      this.#fail(id, new BadMessageError('a request came before the hello'));
    } else if (this.#open.has(id)) {
      this.#fail(null, new BadMessageError('its id belongs to an open request'));
    } else if (!this.#handlers.has(verb)) {
      this.#fail(id, new UnknownRequestError(this.#definition.name, String(verb)));
    } else this.#fail(id, new ChannelBusyError(this.#definition.name, this.#maxOpenRequests));
  }

  #succeed(id: number, output: unknown): void {
    try {
      this.#transport.post([MESSAGE.result, id, output]);
    } catch (cause) {
      this.#fail(id, new UncarriableMessageError(this.#definition.name, 'An answer', cause));
    }
  }

  #failWith(id: number, verb: string, error: unknown): void {
    if (!(error instanceof BowlineError)) {
      this.#options.logger?.error({ channel: this.#definition.name, verb, error }, 'request failed unexpectedly');
    }
    this.#fail(id, error);
  }

  #fail(id: number | null, error: unknown): void {
    this.#postFailure(error, (envelope) => [MESSAGE.failure, id, envelope]);
  }

  #postFailure(error: unknown, messageOf: (envelope: ReturnType<typeof toErrorEnvelope>) => ChannelMessage): void {
    const envelope = toErrorEnvelope(error);
    try {
      this.#transport.post(messageOf(envelope));
    } catch {
      // Only `data` can hold what is not carried; the rest still tells the caller what to do.
      const { name, code, message, retryable } = envelope;
      this.#transport.post(messageOf({ name, code, message, ...(retryable === undefined ? {} : { retryable }) }));
    }
  }

  #cancel(id: number): void {
    const scope = this.#open.get(id);
    if (scope === undefined) return;
    this.#open.delete(id);
    scope.abort(new ChannelCancelledError(this.#definition.name, 'a request'));
  }

  #end(reason: string, cause?: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#transport.close();
    const error = new ChannelClosedError(this.#definition.name, reason, cause);
    const scopes = [...this.#open.values()];
    this.#open.clear();
    for (const scope of scopes) scope.abort(error);
    this.#resolveClosed(error);
  }
}

/** Only the requests of the definition can be asked, whatever else the object has or inherits. */
const handlersByVerb = <C extends ChannelDefinition>(
  { requests }: C,
  handlers: ChannelHandlers<C>,
): ReadonlyMap<string, Handler> => {
  const byVerb = handlers as unknown as Readonly<Record<string, Handler>>;
  return new Map(
    Object.keys(requests).flatMap((verb) => {
      const handler = byVerb[verb];
      return handler === undefined ? [] : [[verb, handler.bind(handlers)] as const];
    }),
  );
};

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

const describeVersion = ([name, version, wireVersion]: readonly [unknown, unknown, unknown]): string =>
  `"${String(name).slice(0, 80)}" version ${String(version).slice(0, 20)} (wire ${String(wireVersion).slice(0, 20)})`;
