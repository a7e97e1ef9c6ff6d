/** One request of a channel: the shapes live in the type, the deadline in the value. */
export interface RequestDefinition<Input, Output> {
  /** Milliseconds after which an unanswered request rejects with `CHANNEL_DEADLINE`, unless the caller names another. */
  readonly deadlineMs: number;
  /** Never present at run time; carries the types. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

/** One event of a channel: a past fact, told to whoever listens, without an answer. */
export interface EventDefinition<Payload> {
  /** Never present at run time; carries the type. */
  readonly types?: { readonly payload: Payload };
}

// biome-ignore lint/suspicious/noExplicitAny: the only place where "a request of any shape" has to be said.
export type AnyRequest = RequestDefinition<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: likewise for events.
export type AnyEvent = EventDefinition<any>;

/**
 * One conversation between two parts of Bowline.
 *
 * Requests are imperative verbs (`dial`), answered once or rejected. Events are dotted past facts
 * (`connection.closed`), told in the order they happened. Payloads are plain, readonly and structured-cloneable.
 * Within one channel, everything one side posts arrives in the order it was posted.
 */
export interface ChannelDefinition<
  Requests extends Readonly<Record<string, AnyRequest>> = Readonly<Record<string, AnyRequest>>,
  Events extends Readonly<Record<string, AnyEvent>> = Readonly<Record<string, AnyEvent>>,
> {
  readonly name: string;
  /** Grows by one whenever a payload changes shape. Two sides with different versions refuse each other. */
  readonly version: number;
  readonly requests: Requests;
  readonly events: Events;
}

export type RequestName<C extends ChannelDefinition> = keyof C['requests'] & string;
export type EventName<C extends ChannelDefinition> = keyof C['events'] & string;
export type RequestInput<C extends ChannelDefinition, R extends RequestName<C>> =
  C['requests'][R] extends RequestDefinition<infer Input, infer _Output> ? Input : never;
export type RequestOutput<C extends ChannelDefinition, R extends RequestName<C>> =
  C['requests'][R] extends RequestDefinition<infer _Input, infer Output> ? Output : never;
export type EventPayload<C extends ChannelDefinition, E extends EventName<C>> =
  C['events'][E] extends EventDefinition<infer Payload> ? Payload : never;

/** Names a conversation. The definition is a value so that diagrams, logs and documentation come from the same place. */
export const defineChannel = <
  const Requests extends Readonly<Record<string, AnyRequest>>,
  const Events extends Readonly<Record<string, AnyEvent>>,
>(
  definition: ChannelDefinition<Requests, Events>,
): ChannelDefinition<Requests, Events> => Object.freeze(definition);

/** A request that takes `Input` and answers `Output`. @param deadlineMs see {@link RequestDefinition.deadlineMs} */
export const request = <Input, Output>(deadlineMs = 10_000): RequestDefinition<Input, Output> => ({ deadlineMs });

/** An event that carries `Payload`. */
export const event = <Payload>(): EventDefinition<Payload> => ({});
