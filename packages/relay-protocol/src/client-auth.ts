import { sign, webcrypto } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { publicBytesOf, signingKeyOf } from './endpoint-key.ts';
import { RelayProtocolError } from './errors.ts';
import { CHALLENGE_BYTES, ENDPOINT_KEY_BYTES, SIGNATURE_BYTES } from './frame-limits.ts';

/** Separates this signature from every other use of the endpoint's key. Source: iroh-relay 1.x, `protos/handshake.rs`. */
const CHALLENGE_CONTEXT = new TextEncoder().encode('iroh-relay handshake v1 challenge signature');

/** What all messages begin with, hashed once: a relay that was restarted is asked for very many of them at once. */
const CHALLENGE_HASH = blake3.create({ context: CHALLENGE_CONTEXT });

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
 *
 * @throws {@link RelayProtocolError} for a challenge that is not 16 bytes
 */
export const challengeMessageOf = (challenge: Uint8Array): Uint8Array => {
  if (challenge.length !== CHALLENGE_BYTES) {
    throw new RelayProtocolError('wrong-size', `A login challenge must be ${CHALLENGE_BYTES} bytes.`, {
      sizeBytes: challenge.length,
    });
  }
  return CHALLENGE_HASH.clone().update(challenge).digest();
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
    signature: Uint8Array.from(sign(null, challengeMessageOf(challenge), key)),
  };
};

/** Whether `auth` answers `challenge`. Never rejects for bytes that came from the other side. */
export const verifyClientAuth = (auth: ClientAuth, challenge: Uint8Array): Promise<boolean> =>
  verifySignature(auth.endpointKey, challengeMessageOf(challenge), auth.signature);

/**
 * Whether `signature` over `message` was made with the secret key of `endpointKey`. 0.12 ms of CPU on a thread of the
 * pool: while very many clients log in, the event loop forwards. The key need not be a point of the curve: then nothing
 * verifies. Never rejects.
 */
export const verifySignature = async (
  endpointKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> => {
  if (endpointKey.length !== ENDPOINT_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const { subtle } = webcrypto;
  try {
    const key = await subtle.importKey('raw', endpointKey, 'Ed25519', false, ['verify']);
    return await subtle.verify('Ed25519', key, signature, message);
  } catch {
    // Bytes that are no key prove nothing either.
    return false;
  }
};
