import type { DeviceCard, EndpointId } from '@bowline/contracts';
import { endpointIdToBytes } from '@bowline/wire-format';
import { isSameProof, proofOf } from './proof.ts';

/** What both sides need of a code; the secrets are 32 bytes each. */
export interface PairProofKeys {
  /** Names the code in the transcript; no secret. */
  readonly sessionId: string;
  readonly lookupKey: Uint8Array;
  readonly proofKey: Uint8Array;
}

/** Both ends of one connection, as QUIC has authenticated them; never as a frame claims. */
export interface PairEnds {
  readonly initiator: EndpointId;
  readonly joiner: EndpointId;
}

/** What a hello says and everything after it builds on. */
export interface HelloContent {
  readonly versions: readonly number[];
  readonly commitment: Uint8Array;
}

const endsOf = (ends: PairEnds): readonly Uint8Array[] => [
  endpointIdToBytes(ends.initiator),
  endpointIdToBytes(ends.joiner),
];

const helloParts = (ends: PairEnds, hello: HelloContent): readonly unknown[] => [
  ...endsOf(ends),
  hello.versions,
  hello.commitment,
];

/** The joiner's first proof: it finds the code among those the initiator has open, and nobody else can make it. */
export const helloTag = (lookupKey: Uint8Array, ends: PairEnds, hello: HelloContent): Uint8Array =>
  proofOf(lookupKey, 'hello', helloParts(ends, hello));

/** Whether a hello was made with this code, for this connection. Constant in time. */
export const isHelloFor = (
  lookupKey: Uint8Array,
  ends: PairEnds,
  hello: HelloContent & { readonly tag: Uint8Array },
): boolean => isSameProof(hello.tag, helloTag(lookupKey, ends, hello));

/** Proves that a refusal comes from a device that holds the code; the fresh commitment keeps it from being replayed. */
export const refusalProof = (proofKey: Uint8Array, ends: PairEnds, hello: HelloContent, reason: string): Uint8Array =>
  proofOf(proofKey, 'refusal', [reason, ...helloParts(ends, hello)]);

/** Everything said up to the challenge. */
export interface TranscriptStart {
  readonly version: number;
  readonly ends: PairEnds;
  readonly hello: HelloContent;
  readonly initiatorNonce: Uint8Array;
}

/** Everything said in one handshake. */
export interface FullTranscript extends TranscriptStart {
  readonly joinerNonce: Uint8Array;
  readonly joinerCard: DeviceCard;
  readonly initiatorCard: DeviceCard;
}

const startParts = (keys: PairProofKeys, start: TranscriptStart): readonly unknown[] => [
  'bowline/pair/1',
  start.version,
  keys.sessionId,
  ...helloParts(start.ends, start.hello),
  start.initiatorNonce,
];

/** The initiator's proof, shown before the joiner shows its card. */
export const initiatorProof = (keys: PairProofKeys, start: TranscriptStart): Uint8Array =>
  proofOf(keys.proofKey, 'initiator', startParts(keys, start));

/** The joiner's proof, over its card too, shown before the initiator shows its card. */
export const joinerProof = (
  keys: PairProofKeys,
  start: TranscriptStart,
  joinerNonce: Uint8Array,
  joinerCard: DeviceCard,
): Uint8Array => proofOf(keys.proofKey, 'joiner', [...startParts(keys, start), joinerNonce, joinerCard]);

const fullParts = (keys: PairProofKeys, full: FullTranscript): readonly unknown[] => [
  ...startParts(keys, full),
  full.joinerNonce,
  full.joinerCard,
  full.initiatorCard,
];

/** The initiator's proof over everything, sent with its card. */
export const welcomeProof = (keys: PairProofKeys, full: FullTranscript): Uint8Array =>
  proofOf(keys.proofKey, 'initiator card', fullParts(keys, full));

/** The joiner's proof over everything: it has seen the same as the initiator. */
export const finishProof = (keys: PairProofKeys, full: FullTranscript): Uint8Array =>
  proofOf(keys.proofKey, 'joiner done', fullParts(keys, full));

/** Six digits: a man in the middle who has the code guesses them once in a million attempts. */
const AUTHENTICATION_DIGITS = 6;

/**
 * What both people compare. It covers nothing that either side may still choose once it has seen the other's nonce:
 * the joiner's nonce is fixed by its commitment before the initiator's is known, and cards come later. So somebody who
 * has the code and sits in the middle cannot try nonces, names or anything else until both sides show the same digits.
 */
export const authenticationString = (keys: PairProofKeys, start: TranscriptStart, joinerNonce: Uint8Array): string => {
  const digest = proofOf(keys.proofKey, 'authentication string', [...startParts(keys, start), joinerNonce]);
  const number = Buffer.from(digest).readBigUInt64BE(0) % BigInt(10 ** AUTHENTICATION_DIGITS);
  return String(number).padStart(AUTHENTICATION_DIGITS, '0');
};
