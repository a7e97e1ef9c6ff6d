import type { Socket } from 'node:net';
import type { BowlineError, ChannelDefinition, ChannelHandlers, Emit, Logger } from '@bowline/contracts';
import { type ChannelMessage, type HelloMessage, MESSAGE, WIRE_VERSION } from './channel-message.ts';
import { BadMessageError, ChannelClosedError, ChannelVersionMismatchError, UncarriableMessageError } from './errors.ts';
import { OpenRequests } from './open-requests.ts';
import { postFailure } from './post-failure.ts';
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
  /** Takes connections the caller accepted and hands over. @defaultValue they are ended */
  readonly onConnection?: (connection: Socket) => void;
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

class ChannelServer<C extends ChannelDefinition> {
  readonly closed: Promise<BowlineError>;
  readonly #definition: C;
  readonly #transport: Transport;
  readonly #options: ServeChannelOptions<C>;
  readonly #maxOpenRequests: number;
  /** Requests and cancellations that came between the hello and the welcome. */
  #early: ChannelMessage[] = [];
  #requests: OpenRequests<C> | undefined;
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
      onConnection: (connection) => {
        if (this.#state === 'open' && options.onConnection !== undefined) options.onConnection(connection);
        else connection.destroy();
      },
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
        if (this.#requests !== undefined) this.#requests.answer(message);
        else this.#complain(message[1], 'a request came before the hello');
        return;
      case MESSAGE.cancel:
        this.#requests?.cancel(message[1]);
        return;
      case MESSAGE.ping:
        this.#transport.post([MESSAGE.result, message[1], undefined]);
        return;
      case MESSAGE.hello:
        this.#greet(message);
        return;
      case MESSAGE.bye:
        this.#end(message[1]);
        return;
      default:
        this.#complain(null, 'it is not one a caller sends');
    }
  }

  #greet([, wireVersion, name, version, greeting]: HelloMessage): void {
    if (this.#state !== 'waiting') {
      this.#complain(null, 'the channel has had its hello');
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
    const [definition, transport, maxOpenRequests] = [this.#definition, this.#transport, this.#maxOpenRequests];
    const logger = (): Logger | undefined => this.#options.logger;
    this.#requests = new OpenRequests({ definition, handlers, transport, maxOpenRequests, logger });
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
    postFailure(this.#transport, error, (envelope) => [MESSAGE.refused, envelope]);
    this.#end('the caller was refused', error);
  }

  #complain(id: number | null, rule: string): void {
    postFailure(this.#transport, new BadMessageError(rule), (envelope) => [MESSAGE.failure, id, envelope]);
  }

  #end(reason: string, cause?: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#transport.close();
    const error = new ChannelClosedError(this.#definition.name, reason, cause);
    this.#requests?.end(error);
    this.#resolveClosed(error);
  }
}

const describeVersion = ([name, version, wireVersion]: readonly [unknown, unknown, unknown]): string =>
  `"${String(name).slice(0, 80)}" version ${String(version).slice(0, 20)} (wire ${String(wireVersion).slice(0, 20)})`;
