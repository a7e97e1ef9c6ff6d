import { boundedInteger, boundedString, bytes, decodeFrame, encodeFrame } from '@bowline/wire-format';
import { z } from 'zod';
import { StreamProtocolError } from './errors.ts';
import { MAX_HEADER_BYTES, MAX_POSITION, MAX_RESET_CODE } from './stream-frame.ts';

/** Bytes of a stream id: random, so that no two streams of two devices ever share one. */
export const STREAM_ID_BYTES = 16;

/** Longest name of a service, characters. */
export const MAX_SERVICE_NAME_CHARACTERS = 64;

/** Most services that one device tells another of. */
export const MAX_LISTED_SERVICES = 64;

/** Where one side is: what it has of the other's direction, and up to where it takes more. */
export interface StreamPosition {
  readonly received: number;
  readonly limit: number;
}

/** What the opening side says first on every QUIC stream. */
export type StreamHeader =
  /** A stream that the other side has not answered for yet. `attempt` grows by one with every connection. */
  | ({
      readonly kind: 'open';
      readonly streamId: Uint8Array;
      readonly service: string;
      readonly attempt: number;
      readonly isResumable: boolean;
    } & StreamPosition)
  /** A stream that was accepted on an earlier connection. */
  | ({ readonly kind: 'resume'; readonly streamId: Uint8Array; readonly attempt: number } & StreamPosition)
  /** A stream of an earlier connection that the opener has reset since. Answered by nothing. */
  | { readonly kind: 'reset'; readonly streamId: Uint8Array; readonly code: number }
  /** Which services may the sender use? */
  | { readonly kind: 'list' };

/**
 * Why a stream was refused. `gone`: nothing is known of the stream to be resumed; the other device has started anew, or was
 * out of contact for too long.
 */
export type RefusalReason =
  | 'unknown-service'
  | 'forbidden'
  | 'relay-denied'
  | 'relay-budget-spent'
  | 'too-many-streams'
  | 'gone'
  | 'stopping';

/** A service as another device is told of it. */
export interface ListedService {
  readonly name: string;
}

/** The accepting side's first word on a stream. */
export type StreamAnswer =
  | ({ readonly kind: 'accepted' } & StreamPosition)
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** The stream to be resumed was reset here since. */
  | { readonly kind: 'reset'; readonly code: number }
  | { readonly kind: 'services'; readonly services: readonly ListedService[] };

const streamId = bytes(STREAM_ID_BYTES);
const attempt = z
  .int()
  .min(1)
  .max(2 ** 32);
const position = { received: boundedInteger(MAX_POSITION), limit: boundedInteger(MAX_POSITION) };
const code = boundedInteger(MAX_RESET_CODE);

/** A name anybody can type and read: it begins with a letter or digit. */
export const SERVICE_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._/+-]{0,63}$/;

const serviceName = boundedString(MAX_SERVICE_NAME_CHARACTERS, 1).refine((name) => SERVICE_NAME_PATTERN.test(name));

const header: z.ZodType<StreamHeader> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('open'),
    streamId,
    service: serviceName,
    attempt,
    isResumable: z.boolean(),
    ...position,
  }),
  z.strictObject({ kind: z.literal('resume'), streamId, attempt, ...position }),
  z.strictObject({ kind: z.literal('reset'), streamId, code }),
  z.strictObject({ kind: z.literal('list') }),
]);

const refusalReason = z.enum([
  'unknown-service',
  'forbidden',
  'relay-denied',
  'relay-budget-spent',
  'too-many-streams',
  'gone',
  'stopping',
]);

const answer: z.ZodType<StreamAnswer> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('accepted'), ...position }),
  z.strictObject({ kind: z.literal('refused'), reason: refusalReason }),
  z.strictObject({ kind: z.literal('reset'), code }),
  z.strictObject({
    kind: z.literal('services'),
    services: z.array(z.strictObject({ name: serviceName })).max(MAX_LISTED_SERVICES),
  }),
]);

const LIMITS = { maxBytes: MAX_HEADER_BYTES, maxDepth: 3 } as const;

/** The header or answer with its length before it, as it stands on the wire. */
export const encodeStreamHeader = (value: StreamHeader | StreamAnswer): Uint8Array<ArrayBuffer> => {
  const body = encodeFrame(value);
  const out = new Uint8Array(2 + body.byteLength);
  new DataView(out.buffer).setUint16(0, body.byteLength);
  out.set(body, 2);
  return out;
};

/** @throws {@link StreamProtocolError} whatever else the bytes are */
export const decodeStreamHeader = (body: Uint8Array): StreamHeader => read(body, header, 'a header is not one');

/** @throws {@link StreamProtocolError} whatever else the bytes are */
export const decodeStreamAnswer = (body: Uint8Array): StreamAnswer => read(body, answer, 'an answer is not one');

const read = <T>(body: Uint8Array, schema: z.ZodType<T>, rule: string): T => {
  try {
    return decodeFrame(body, schema, LIMITS);
  } catch {
    // What is wrong with it is the other side's business; which rule was broken is enough here.
    throw new StreamProtocolError(rule);
  }
};
