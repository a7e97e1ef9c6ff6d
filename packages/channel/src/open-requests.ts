import { BowlineError, type ChannelDefinition, type ChannelHandlers, type Logger } from '@bowline/contracts';
import { MESSAGE, type RequestMessage } from './channel-message.ts';
import {
  BadMessageError,
  ChannelBusyError,
  ChannelCancelledError,
  UncarriableMessageError,
  UnknownRequestError,
} from './errors.ts';
import { postFailure } from './post-failure.ts';
import { RequestScope } from './request-scope.ts';
import type { Transport } from './transport.ts';

type Handler = (input: unknown, context: RequestScope) => unknown;

/** What {@link OpenRequests} answers with, and how. */
export interface OpenRequestsComponents<C extends ChannelDefinition> {
  readonly definition: C;
  readonly handlers: ChannelHandlers<C>;
  readonly transport: Transport;
  readonly maxOpenRequests: number;
  /** Read at the time of a failure: the logger of a worker changes when it learns its level. */
  readonly logger: () => Logger | undefined;
}

/** The requests of one caller from their arrival to their answer. */
export class OpenRequests<C extends ChannelDefinition> {
  readonly #components: OpenRequestsComponents<C>;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #open = new Map<number, RequestScope>();
  #endedWith: BowlineError | undefined;

  constructor(components: OpenRequestsComponents<C>) {
    this.#components = components;
    this.#handlers = handlersByVerb(components.definition, components.handlers);
  }

  answer(message: RequestMessage): void {
    // Read by index: destructuring an array runs its iterator, which this path would feel.
    const id = message[1];
    const verb = message[2];
    const handler = this.#handlers.get(verb);
    if (handler === undefined || this.#open.has(id) || this.#open.size >= this.#components.maxOpenRequests) {
      this.#refuse(id, verb);
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
    // Only what is answered later is open: nothing can be cancelled while its handler runs.
    if (isThenable(output)) this.#answerLater(id, verb, scope, output);
    else this.#succeed(id, output);
  }

  cancel(id: number): void {
    const scope = this.#open.get(id);
    if (scope === undefined) return;
    this.#open.delete(id);
    scope.abort(new ChannelCancelledError(this.#components.definition.name, 'a request'));
  }

  /** Aborts all that is open; what is still being answered goes nowhere. */
  end(error: BowlineError): void {
    this.#endedWith = error;
    const scopes = [...this.#open.values()];
    this.#open.clear();
    for (const scope of scopes) scope.abort(error);
  }

  #answerLater(id: number, verb: string, scope: RequestScope, output: PromiseLike<unknown>): void {
    // The handler itself may have ended the channel.
    if (this.#endedWith === undefined) this.#open.set(id, scope);
    else scope.abort(this.#endedWith);
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

  #succeed(id: number, output: unknown): void {
    try {
      this.#components.transport.post([MESSAGE.result, id, output]);
    } catch (cause) {
      this.#fail(id, new UncarriableMessageError(this.#components.definition.name, 'An answer', cause));
    }
  }

  #refuse(id: number, verb: string): void {
    const { definition, maxOpenRequests } = this.#components;
    if (this.#open.has(id)) this.#fail(null, new BadMessageError('its id belongs to an open request'));
    else if (!this.#handlers.has(verb))
      this.#fail(id, new UnknownRequestError(definition.name, String(verb), [...this.#handlers.keys()]));
    else this.#fail(id, new ChannelBusyError(definition.name, maxOpenRequests));
  }

  #failWith(id: number, verb: string, error: unknown): void {
    if (!(error instanceof BowlineError)) {
      const { definition, logger } = this.#components;
      logger()?.error({ channel: definition.name, verb, error }, 'request failed unexpectedly');
    }
    this.#fail(id, error);
  }

  #fail(id: number | null, error: unknown): void {
    postFailure(this.#components.transport, error, (envelope) => [MESSAGE.failure, id, envelope]);
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
