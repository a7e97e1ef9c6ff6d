import {
  brandAs,
  cleanDisplayName,
  HELD_BACK_REASONS,
  MAX_DIRECT_ADDRESSES,
  MAX_RELAY_URLS,
  MAX_TCP_ADDRESSES,
  type MessagePosition,
  type PresenceKey,
  type RelayInfo,
  type SocketAddress,
  TCP_DIAL_FAILURES,
} from '@bowline/contracts';
import { boundedBytes, boundedInteger, boundedString, bytes, relayUrl, socketAddress } from '@bowline/wire-format';
import { z } from 'zod';
import { toldFactsSchema } from './device-facts-schema.ts';
import { LINK_PROTOCOL_VERSION, type LinkFrame, MAX_FEATURES, type ReceivedLinkFrame } from './link-frame.ts';
import { MAX_MESSAGE_BYTES, MAX_PART_BYTES } from './message-parts.ts';
import { CLAIM_PATTERN } from './start-claim.ts';
import { TCP_SHARE_BYTES } from './tcp-keys.ts';

/** Messages are numbered up to 2^48: at a million a second that lasts nine years, and sums stay exact. */
export const MAX_SEQUENCE = 2 ** 48;

/** Nonces are 32-bit numbers. */
const MAX_NONCE = 2 ** 32 - 1;

/** Longest name on the wire before it is cleaned: 64 characters of at most four code units. */
const MAX_NAME_CHARACTERS = 256;

/** Longest name of a frame kind; ours have at most 12 characters. */
const MAX_KIND_CHARACTERS = 64;

const displayName: z.ZodType<string> = boundedString(MAX_NAME_CHARACTERS, 1)
  .transform(cleanDisplayName)
  .refine((name) => name !== '');

const position: z.ZodType<MessagePosition> = z.strictObject({
  incarnation: boundedInteger(),
  sequence: z.int().min(1).max(MAX_SEQUENCE),
});

const relayInfo: z.ZodType<RelayInfo> = z.strictObject({
  homeRelayUrl: relayUrl.nullable(),
  relayUrls: z.array(relayUrl).max(MAX_RELAY_URLS),
  revision: boundedInteger(),
  incarnation: boundedInteger(),
});

const featureName: z.ZodType<string> = z.string().regex(/^[a-z0-9][a-z0-9./-]{0,31}$/);

const presenceKey: z.ZodType<PresenceKey> = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((key) => brandAs<PresenceKey>(key));

const directAddresses: z.ZodType<readonly SocketAddress[]> = z.array(socketAddress).max(MAX_DIRECT_ADDRESSES);

const greeting = {
  version: z.literal(LINK_PROTOCOL_VERSION),
  incarnation: boundedInteger(),
  life: z.string().regex(/^[0-9a-f]{16}$/),
  turn: boundedInteger(),
  name: displayName,
  relayInfo,
  directAddresses,
  observedAddress: socketAddress.nullable(),
  received: position.nullable(),
  heard: position.nullable(),
};

const messagePart = z
  .strictObject({
    kind: z.literal('message'),
    sequence: z.int().min(1).max(MAX_SEQUENCE),
    sizeBytes: boundedInteger(MAX_MESSAGE_BYTES),
    offset: boundedInteger(MAX_MESSAGE_BYTES),
    part: boundedBytes(MAX_PART_BYTES),
  })
  .refine(({ sizeBytes, offset, part }) => offset + part.length <= sizeBytes && (part.length > 0 || sizeBytes === 0));

/** One schema for each kind; a kind named here is never taken for an unknown one. */
const FRAMES = {
  hello: z.strictObject({ kind: z.literal('hello'), ...greeting }),
  welcome: z.strictObject({ kind: z.literal('welcome'), ...greeting }),
  ping: z.strictObject({ kind: z.literal('ping'), nonce: boundedInteger(MAX_NONCE) }),
  pong: z.strictObject({ kind: z.literal('pong'), nonce: boundedInteger(MAX_NONCE) }),
  message: messagePart,
  ack: z.strictObject({ kind: z.literal('ack'), position }),
  relayInfo: z.strictObject({ kind: z.literal('relayInfo'), relayInfo }),
  askRelayInfo: z.strictObject({ kind: z.literal('askRelayInfo') }),
  update: z.strictObject({ kind: z.literal('update'), name: displayName, directAddresses }),
  receiving: z.strictObject({ kind: z.literal('receiving'), heldBack: z.enum(HELD_BACK_REASONS).nullable() }),
  kept: z.strictObject({
    kind: z.literal('kept'),
    sequence: z.int().min(1).max(MAX_SEQUENCE),
    messageId: z.string().regex(/^[0-9a-f]{32}$/),
  }),
  features: z.strictObject({ kind: z.literal('features'), features: z.array(featureName).max(MAX_FEATURES) }),
  facts: z.strictObject({ kind: z.literal('facts'), facts: toldFactsSchema }),
  loss: z.strictObject({ kind: z.literal('loss'), permille: boundedInteger(1_000).nullable() }),
  presence: z.strictObject({ kind: z.literal('presence'), key: presenceKey }),
  claim: z.strictObject({ kind: z.literal('claim'), claim: z.string().regex(CLAIM_PATTERN) }),
  tcp: z.strictObject({
    kind: z.literal('tcp'),
    share: bytes(TCP_SHARE_BYTES),
    addresses: z.array(socketAddress).max(MAX_TCP_ADDRESSES),
  }),
  askTcp: z.strictObject({ kind: z.literal('askTcp') }),
  tcpFailed: z.strictObject({
    kind: z.literal('tcpFailed'),
    // A way of failing that only a later version knows is one of the others.
    failure: z.enum(TCP_DIAL_FAILURES).catch('other'),
  }),
  goodbye: z.strictObject({ kind: z.literal('goodbye') }),
  unpaired: z.strictObject({ kind: z.literal('unpaired') }),
} as const satisfies { readonly [K in LinkFrame['kind']]: z.ZodType<LinkFrame> };

const isKnownKind = (kind: string): kind is LinkFrame['kind'] => Object.hasOwn(FRAMES, kind);

const otherVersion = z
  .looseObject({ kind: z.enum(['hello', 'welcome']), version: boundedInteger() })
  .refine(({ version }) => version !== LINK_PROTOCOL_VERSION)
  .transform(({ version }) => ({ kind: 'otherVersion' as const, version }));

const unknownKind = z
  .looseObject({ kind: boundedString(MAX_KIND_CHARACTERS, 1).refine((kind) => !isKnownKind(kind)) })
  .transform(() => ({ kind: 'unknown' as const }));

/** Reads any frame of a link, or says which of the things it may be is written wrongly. */
export const linkFrameSchema: z.ZodType<ReceivedLinkFrame> = z
  .looseObject({ kind: z.string() })
  .transform((value, context) => {
    const schema = schemaFor(value);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      context.issues.push({ code: 'custom', input: undefined, message: issue.code, path: issue.path });
    }
    return z.NEVER;
  });

/** Found by kind, so that a known kind written wrongly is an error and never an unknown kind. */
const schemaFor = (value: {
  readonly kind: string;
  readonly [field: string]: unknown;
}): z.ZodType<ReceivedLinkFrame> => {
  const { kind } = value;
  if (!isKnownKind(kind)) return unknownKind;
  const isGreeting = kind === 'hello' || kind === 'welcome';
  return isGreeting && value.version !== LINK_PROTOCOL_VERSION ? otherVersion : FRAMES[kind];
};
