import { brandAs, type EndpointAddress, type EndpointId } from '@bowline/contracts';
import { bytes, encodeFrame, endpointIdToBytes } from '@bowline/wire-format';
import { z } from 'zod';
import { PairingProtocolError } from './errors.ts';
import {
  locationFields,
  MAX_ADDRESSES,
  MAX_RELAYS,
  type PairRefusalReason,
  REFUSAL_REASONS,
  readFrame,
  sentLocationFields,
  versionSchema,
  versionsSchema,
} from './pair-frames.ts';
import { isSameProof, PROOF_BYTES, proofOf } from './proof.ts';
import { commonVersion, PAIR_VERSIONS } from './versions.ts';

/** Both ends of one rendezvous connection, as QUIC has authenticated them. */
export interface RendezvousEnds {
  /** The endpoint derived from the code. */
  readonly rendezvous: EndpointId;
  readonly joiner: EndpointId;
}

const proofBytes = bytes(PROOF_BYTES);
const askSchema = z.strictObject({
  type: z.literal('ask'),
  versions: versionsSchema,
  nonce: proofBytes,
  tag: proofBytes,
});
const addressSchema = z.strictObject({
  type: z.literal('address'),
  version: versionSchema,
  endpointId: proofBytes,
  ...sentLocationFields,
  proof: proofBytes,
});
const refusalSchema = z.strictObject({
  type: z.literal('refusal'),
  reason: z.enum(REFUSAL_REASONS),
  proof: proofBytes,
});
const locationSchema = z.object(locationFields);
const addressOrRefusal = z.discriminatedUnion('type', [addressSchema, refusalSchema]);

interface AskContent {
  readonly versions: readonly number[];
  readonly nonce: Uint8Array;
}

const askParts = (ends: RendezvousEnds, ask: AskContent): readonly unknown[] => [
  endpointIdToBytes(ends.rendezvous),
  endpointIdToBytes(ends.joiner),
  ask.versions,
  ask.nonce,
];

/** Address and version as the frame holds them, letter for letter. */
type SentAddress = Pick<z.infer<typeof addressSchema>, 'version' | 'endpointId' | 'relayUrls' | 'directAddresses'>;

const addressParts = ({ version, endpointId, relayUrls, directAddresses }: SentAddress): readonly unknown[] => [
  version,
  endpointId,
  relayUrls,
  directAddresses,
];

/** @throws {@link PairingProtocolError} `protocol-error` */
const readAddress = (sent: SentAddress): EndpointAddress => {
  const location = locationSchema.safeParse(sent);
  if (!location.success) throw new PairingProtocolError('protocol-error', 'a relay or an address that is none');
  const endpointId = brandAs<EndpointId>(Buffer.from(sent.endpointId).toString('hex'));
  return { endpointId, ...location.data };
};

/** What came back over the rendezvous, proven by the code. */
export type RendezvousStep =
  | { readonly kind: 'address'; readonly address: EndpointAddress }
  | { readonly kind: 'refused'; readonly reason: PairRefusalReason };

export interface RendezvousJoiner {
  /** To send first: it proves the code, for this connection alone. */
  readonly ask: Uint8Array;
  /** @throws {@link PairingProtocolError} `proof-mismatch`, `protocol-error` or `version-unsupported`. */
  receive(frame: Uint8Array): RendezvousStep;
}

/** @param nonce 32 fresh random bytes. */
export const rendezvousJoiner = (key: Uint8Array, ends: RendezvousEnds, nonce: Uint8Array): RendezvousJoiner => {
  const content = { versions: PAIR_VERSIONS, nonce };
  let isAnswered = false;
  const check = (given: Uint8Array, expected: Uint8Array): void => {
    if (!isSameProof(given, expected)) throw new PairingProtocolError('proof-mismatch', 'its answer proves no code');
  };
  return {
    ask: encodeFrame({ type: 'ask', ...content, tag: proofOf(key, 'rendezvous ask', askParts(ends, content)) }),
    receive: (bytes) => {
      if (isAnswered) throw new PairingProtocolError('protocol-error', 'a frame after the answer');
      isAnswered = true;
      const frame = readFrame(bytes, addressOrRefusal);
      if (frame.type === 'refusal') {
        check(frame.proof, proofOf(key, 'rendezvous refusal', [...askParts(ends, content), frame.reason]));
        return { kind: 'refused', reason: frame.reason };
      }
      check(frame.proof, proofOf(key, 'rendezvous address', [...askParts(ends, content), ...addressParts(frame)]));
      if (!content.versions.includes(frame.version)) {
        throw new PairingProtocolError('version-unsupported', 'it chose a version we did not offer');
      }
      return { kind: 'address', address: readAddress(frame) };
    },
  };
};

/** Answers one joiner at the rendezvous: where the real endpoint is, or why it is of no use any more. */
export type RendezvousAnswer =
  | { readonly kind: 'address'; readonly address: EndpointAddress }
  | { readonly kind: 'refusal'; readonly reason: PairRefusalReason };

/**
 * Checks a joiner's first frame at the rendezvous and writes the answer. Nothing is told to whoever does not hold the code.
 *
 * @throws {@link PairingProtocolError} `proof-mismatch`, `protocol-error` or `version-unsupported`.
 */
export const answerRendezvous = (
  key: Uint8Array,
  ends: RendezvousEnds,
  frame: Uint8Array,
  answer: RendezvousAnswer,
): Uint8Array => {
  const ask = readFrame(frame, askSchema);
  const version = commonVersion(ask.versions);
  if (version === undefined) throw new PairingProtocolError('version-unsupported', 'no version in common');
  if (!isSameProof(ask.tag, proofOf(key, 'rendezvous ask', askParts(ends, ask)))) {
    throw new PairingProtocolError('proof-mismatch', 'its proof of the code is wrong');
  }
  if (answer.kind === 'refusal') {
    const { reason } = answer;
    const refusal = proofOf(key, 'rendezvous refusal', [...askParts(ends, ask), reason]);
    return encodeFrame({ type: 'refusal', reason, proof: refusal });
  }
  const { endpointId, relayUrls, directAddresses } = answer.address;
  const sent: SentAddress = {
    version,
    endpointId: endpointIdToBytes(endpointId),
    relayUrls: relayUrls.slice(0, MAX_RELAYS),
    directAddresses: directAddresses.slice(0, MAX_ADDRESSES),
  };
  const proof = proofOf(key, 'rendezvous address', [...askParts(ends, ask), ...addressParts(sent)]);
  return encodeFrame({ type: 'address', ...sent, proof });
};
