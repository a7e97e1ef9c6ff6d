import {
  boundedString,
  bytes,
  decodeFrame,
  MAX_RELAY_URL_CHARACTERS,
  MAX_SOCKET_ADDRESS_CHARACTERS,
  relayUrl,
  socketAddress,
  WireFormatError,
} from '@bowline/wire-format';
import { z } from 'zod';
import { deviceCardSchema } from './device-card.ts';
import { PairingProtocolError } from './errors.ts';
import { PROOF_BYTES } from './proof.ts';
import { MAX_VERSIONS } from './versions.ts';

/** Largest frame of `bowline/pair/1` and `bowline/rendezvous/1`, bytes. Cards and addresses take a tenth of it. */
export const PAIR_MAX_FRAME_BYTES = 16_384;

/**
 * Why an initiator turns a joiner away although the joiner holds the code. `completed`: this very joiner is paired
 * already, it only missed the last message. The others are for the person.
 */
export const REFUSAL_REASONS = ['code-used', 'code-expired', 'code-burnt', 'cancelled', 'completed'] as const;
export type PairRefusalReason = (typeof REFUSAL_REASONS)[number];

/** Home and standby relays. */
export const MAX_RELAYS = 8;

/** Several interfaces with several addresses each. */
export const MAX_ADDRESSES = 16;

/** The fields that say where a device can be reached, as they were sent: a proof covers them before they are parsed. */
export const sentLocationFields = {
  relayUrls: z.array(boundedString(MAX_RELAY_URL_CHARACTERS)).max(MAX_RELAYS),
  directAddresses: z.array(boundedString(MAX_SOCKET_ADDRESS_CHARACTERS)).max(MAX_ADDRESSES),
} as const;

/** The fields that say where a device can be reached. */
export const locationFields = {
  relayUrls: z.array(relayUrl).max(MAX_RELAYS),
  directAddresses: z.array(socketAddress).max(MAX_ADDRESSES),
} as const;

export const versionsSchema = z.array(z.int().min(1).max(255)).min(1).max(MAX_VERSIONS);
export const versionSchema = z.int().min(1).max(255);

const proof = bytes(PROOF_BYTES);

export const helloSchema = z.strictObject({
  type: z.literal('hello'),
  versions: versionsSchema,
  commitment: proof,
  tag: proof,
});
export const challengeSchema = z.strictObject({
  type: z.literal('challenge'),
  version: versionSchema,
  nonce: proof,
  proof,
});
export const refusalSchema = z.strictObject({ type: z.literal('refusal'), reason: z.enum(REFUSAL_REASONS), proof });
export const proofSchema = z.strictObject({ type: z.literal('proof'), nonce: proof, card: deviceCardSchema, proof });
export const welcomeSchema = z.strictObject({ type: z.literal('welcome'), card: deviceCardSchema, proof });
export const finishSchema = z.strictObject({ type: z.literal('finish'), proof });
export const acceptSchema = z.strictObject({ type: z.literal('accept') });
export const confirmSchema = z.strictObject({ type: z.literal('confirm'), ...locationFields });

export type Hello = z.infer<typeof helloSchema>;

/** Flat maps holding at most a card or a list of addresses. */
const MAX_DEPTH = 3;

/**
 * Reads a frame that must be one of a few.
 *
 * @throws {@link PairingProtocolError} `protocol-error` for everything else.
 */
export const readFrame = <T>(frame: Uint8Array, schema: z.ZodType<T>): T => {
  try {
    return decodeFrame(frame, schema, { maxBytes: PAIR_MAX_FRAME_BYTES, maxDepth: MAX_DEPTH });
  } catch (error) {
    const what = error instanceof WireFormatError ? `unexpected frame (${error.problem})` : 'unexpected frame';
    throw new PairingProtocolError('protocol-error', what, error);
  }
};
