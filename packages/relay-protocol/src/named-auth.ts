import { sign } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { type ClientAuth, verifySignature } from './client-auth.ts';
import { publicBytesOf, signingKeyOf } from './endpoint-key.ts';
import { RelayProtocolError } from './errors.ts';
import { CHALLENGE_BYTES } from './frame-limits.ts';

/** Request header with the {@link relayHostOf} a client has dialled: its proof names it. Ours; other relays ignore it. */
export const RELAY_HOST_HEADER = 'x-bowline-relay-host';

/** Separates this signature from every other use of the endpoint's key, the bare answer to a challenge included. */
const NAMED_CHALLENGE_CONTEXT = new TextEncoder().encode('bowline relay login v1 challenge and host');

/** What all messages begin with, hashed once. */
const NAMED_CHALLENGE_HASH = blake3.create({ context: NAMED_CHALLENGE_CONTEXT });

/** Longest host with port: 253 characters of a DNS name, or an IPv6 address in brackets, and a port. */
const MAX_HOST_CHARACTERS = 260;

/**
 * A relay's host as a proof names it: `relay.example:443`, in the form of the WHATWG URL parser and always with its port.
 * `undefined` for what is no host.
 *
 * @param host with or without port
 * @param defaultPort where it has none
 */
export const relayHostOf = (host: string, defaultPort: number): string | undefined => {
  // A scheme without a default port keeps every port that is given.
  const text = `relay://${host}`;
  if (host.length > MAX_HOST_CHARACTERS || /[/?#@\\\s]/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  const { hostname } = new URL(`http://${host}`);
  const { port } = new URL(text);
  return `${hostname}:${port === '' ? defaultPort : port}`;
};

/** What is signed for the relay `host`: 32 bytes. @throws {@link RelayProtocolError} for a challenge that is not 16 bytes */
export const namedChallengeMessageOf = (challenge: Uint8Array, host: string): Uint8Array => {
  if (challenge.length !== CHALLENGE_BYTES) {
    throw new RelayProtocolError('wrong-size', `A login challenge must be ${CHALLENGE_BYTES} bytes.`, {
      sizeBytes: challenge.length,
    });
  }
  return NAMED_CHALLENGE_HASH.clone().update(challenge).update(Buffer.from(host)).digest();
};

/**
 * Answers a relay's challenge for the relay `host` alone: shown to any other, it proves nothing.
 *
 * @throws {@link RelayProtocolError} for a challenge that is not 16 bytes
 */
export const signNamedChallenge = (secretKey: Uint8Array, challenge: Uint8Array, host: string): ClientAuth => {
  const key = signingKeyOf(secretKey);
  return {
    endpointKey: publicBytesOf(key),
    signature: Uint8Array.from(sign(null, namedChallengeMessageOf(challenge, host), key)),
  };
};

/** Whether `auth` answers `challenge` for the relay `host`. Never rejects for bytes that came from the other side. */
export const verifyNamedClientAuth = (auth: ClientAuth, challenge: Uint8Array, host: string): Promise<boolean> =>
  verifySignature(auth.endpointKey, namedChallengeMessageOf(challenge, host), auth.signature);
