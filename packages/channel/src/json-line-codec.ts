import { assertNever } from '@bowline/contracts';
import { type ChannelMessage, MESSAGE, WIRE_VERSION } from './channel-message.ts';
import type { ErrorEnvelope } from './error-envelope.ts';
import { BadMessageError } from './errors.ts';
import { fromJsonPayload, toJsonPayload } from './json-payload.ts';

/** Writes a message as one line of JSON, without its line feed. @throws TypeError when a payload is not plain data. */
export const toJsonLine = (message: ChannelMessage): string => JSON.stringify(lineObject(message));

const lineObject = (message: ChannelMessage): Readonly<Record<string, unknown>> => {
  switch (message[0]) {
    case MESSAGE.hello: {
      const [, wire, channel, version, greeting] = message;
      return { type: 'hello', wire, channel, version, ...(toJsonPayload(greeting ?? {}) as object) };
    }
    case MESSAGE.welcome:
      return { type: 'welcome' };
    case MESSAGE.refused:
      return { type: 'refused', error: toJsonPayload(message[1]) };
    case MESSAGE.request:
      return { type: 'request', id: message[1], verb: message[2], input: toJsonPayload(message[3]) };
    case MESSAGE.result:
      return { type: 'result', id: message[1], output: toJsonPayload(message[2]) };
    case MESSAGE.failure:
      return { type: 'failure', id: message[1], error: toJsonPayload(message[2]) };
    case MESSAGE.cancel:
      return { type: 'cancel', id: message[1] };
    case MESSAGE.event:
      return { type: 'event', event: message[1], payload: toJsonPayload(message[2]) };
    case MESSAGE.bye:
      return { type: 'bye', reason: message[1] };
    case MESSAGE.ping:
      return { type: 'ping', id: message[1] };
    case MESSAGE.connection:
      throw new TypeError('A line of text carries no connection.');
    default:
      return assertNever(message);
  }
};

/** Reads one line. @throws BadMessageError with the rule it breaks; the line itself is not repeated. */
export const fromJsonLine = (line: string): ChannelMessage => {
  const fields = parseObject(line);
  const { type } = fields;
  switch (type) {
    case 'hello': {
      const { type: _type, wire = WIRE_VERSION, channel, version, ...greeting } = fields;
      return [
        MESSAGE.hello,
        numberOf(wire, 'wire'),
        textOf(channel, 'channel'),
        numberOf(version, 'version'),
        fromJsonPayload(greeting),
      ];
    }
    case 'welcome':
      return [MESSAGE.welcome];
    case 'refused':
      return [MESSAGE.refused, envelopeOf(fields.error)];
    case 'request':
      return [MESSAGE.request, idOf(fields.id), textOf(fields.verb, 'verb'), fromJsonPayload(fields.input)];
    case 'result':
      return [MESSAGE.result, idOf(fields.id), fromJsonPayload(fields.output)];
    case 'failure':
      return [MESSAGE.failure, fields.id === null ? null : idOf(fields.id), envelopeOf(fields.error)];
    case 'cancel':
      return [MESSAGE.cancel, idOf(fields.id)];
    case 'event':
      return [MESSAGE.event, textOf(fields.event, 'event'), fromJsonPayload(fields.payload)];
    case 'bye':
      return [MESSAGE.bye, fields.reason === undefined ? 'the other side said bye' : textOf(fields.reason, 'reason')];
    case 'ping':
      return [MESSAGE.ping, idOf(fields.id)];
    default:
      throw new BadMessageError(
        '"type" is none of hello, request, cancel, ping, bye, welcome, refused, result, failure, event',
      );
  }
};

type LineFields = Readonly<Record<string, unknown>>;

const parseObject = (line: string): LineFields => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new BadMessageError('the line is no JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new BadMessageError('the line is no JSON object');
  }
  return parsed as LineFields;
};

const textOf = (value: unknown, field: string): string => {
  if (typeof value !== 'string') throw new BadMessageError(`"${field}" must be a string`);
  return value;
};

const numberOf = (value: unknown, field: string): number => {
  if (typeof value !== 'number') throw new BadMessageError(`"${field}" must be a number`);
  return value;
};

const idOf = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new BadMessageError('"id" must be a positive integer');
  }
  return value;
};

const MAX_CAUSE_DEPTH = 8;

const envelopeOf = (value: unknown, depth = 0): ErrorEnvelope => {
  const fields = fromJsonPayload(value);
  if (typeof fields !== 'object' || fields === null) throw new BadMessageError('"error" must be an object');
  const { name, code, message, retryable, stage, data, cause } = fields as LineFields;
  return {
    name: textOf(name, 'error.name'),
    code: textOf(code, 'error.code'),
    message: textOf(message, 'error.message'),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(stage === 'dial' || stage === 'handshake' || stage === 'established' ? { stage } : {}),
    ...(typeof data === 'object' && data !== null ? { data: data as LineFields } : {}),
    ...(cause === undefined || depth >= MAX_CAUSE_DEPTH ? {} : { cause: envelopeOf(toJsonPayload(cause), depth + 1) }),
  };
};
