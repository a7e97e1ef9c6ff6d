import { sign, verify } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { publicBytesOf, signingKeyOf, verifyingKeyOf } from './endpoint-key.ts';
import { RelayProtocolError } from './errors.ts';
import { CHALLENGE_BYTES, ENDPOINT_KEY_BYTES, SIGNATURE_BYTES } from './frame-limits.ts';

/** Separates this signature from every other use of the endpoint's key. Source: iroh-relay 1.x, `protos/handshake.rs`. */
const CHALLENGE_CONTEXT = new TextEncoder().encode('iroh-relay handshake v1 challenge signature');

/** A client's proof that it holds the key of the endpoint it claims to be. */
export interface ClientAuth {
  /** 32 bytes. */
  readonly endpointKey: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/**
 * What is signed: 32 bytes derived from the challenge and never the challenge itself, so that a hostile relay cannot
 * obtain a signature over bytes of its choice.
 */
const messageOf = (challenge: Uint8Array): Uint8Array => {
  if (challenge.length !== CHALLENGE_BYTES) {
    throw new RelayProtocolError('wrong-size', `A login challenge must be ${CHALLENGE_BYTES} bytes.`, {
      sizeBytes: challenge.length,
    });
  }
  return blake3(challenge, { context: CHALLENGE_CONTEXT });
};

/**
 * Answers a relay's challenge as the endpoint of `secretKey` (32 bytes, a secret).
 *
 * @throws {@link RelayProtocolError} for a challenge that is not 16 bytes
 */
export const signChallenge = (secretKey: Uint8Array, challenge: Uint8Array): ClientAuth => {
  const key = signingKeyOf(secretKey);
  return {
    endpointKey: publicBytesOf(key),
    signature: Uint8Array.from(sign(null, messageOf(challenge), key)),
  };
};

/** Whether `auth` answers `challenge`. About 0.1 ms of CPU; never throws for bytes that came from the other side. */
export const verifyClientAuth = (auth: ClientAuth, challenge: Uint8Array): boolean =>
  verifySignature(auth.endpointKey, messageOf(challenge), auth.signature);

/** Whether `signature` over `message` was made with the secret key of `endpointKey`. */
export const verifySignature = (endpointKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  if (endpointKey.length !== ENDPOINT_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  return verify(null, message, verifyingKeyOf(endpointKey), signature);
};
