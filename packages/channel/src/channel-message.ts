import type { ErrorEnvelope } from './error-envelope.ts';

/** Version of the messages themselves, apart from the version of what is said with them. */
export const WIRE_VERSION = 1;

/**
 * What a message is, as the first element of its array. Small arrays with a number in front are the cheapest thing
 * both structured clone and `serialization: 'advanced'` carry.
 */
export const MESSAGE = Object.freeze({
  hello: 0,
  welcome: 1,
  refused: 2,
  request: 3,
  result: 4,
  failure: 5,
  cancel: 6,
  event: 7,
  bye: 8,
  ping: 9,
  connection: 10,
});

/** First message of the caller: the wire's version, the channel's name and version, and what the server needs to begin. */
export type HelloMessage = readonly [0, wireVersion: number, channel: string, version: number, greeting: unknown];
/** The server is ready; requests may follow. */
export type WelcomeMessage = readonly [1];
/** The server does not serve this caller; the channel ends. */
export type RefusedMessage = readonly [2, error: ErrorEnvelope];
/** Asks. `id` is a positive integer of the caller's choice, not in use by another open request. */
export type RequestMessage = readonly [3, id: number, verb: string, input: unknown];
export type ResultMessage = readonly [4, id: number, output: unknown];
/** A request failed; `id` is `null` when what arrived could not be read far enough to know which. */
export type FailureMessage = readonly [5, id: number | null, error: ErrorEnvelope];
/** The caller no longer waits for this request. Unknown ids are ignored: the answer may be on its way. */
export type CancelMessage = readonly [6, id: number];
export type EventMessage = readonly [7, event: string, payload: unknown];
/** The sender ends the channel; nothing follows. */
export type ByeMessage = readonly [8, reason: string];

/** Asks whether the server is there; it answers with a result, whatever it is doing. */
export type PingMessage = readonly [9, id: number];

/** An accepted connection comes with this message, beside it: the one thing that crosses and is no plain data. */
export type ConnectionMessage = readonly [10];

/** Everything that crosses a {@link Transport}. */
export type ChannelMessage =
  | HelloMessage
  | WelcomeMessage
  | RefusedMessage
  | RequestMessage
  | ResultMessage
  | FailureMessage
  | CancelMessage
  | EventMessage
  | ByeMessage
  | PingMessage
  | ConnectionMessage;
