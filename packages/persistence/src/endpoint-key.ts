import { createPrivateKey, createPublicKey } from 'node:crypto';
import { brandAs, type EndpointId } from '@bowline/contracts';

/** Length of an Ed25519 seed, bytes (RFC 8032). */
export const SEED_BYTES = 32;

/** PKCS #8 wrapping of an Ed25519 seed, up to the seed itself (RFC 8410 §7). */
const PKCS8_START = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The endpoint id that belongs to a secret key: its public key. @param seed 32 bytes */
export const endpointIdOfSeed = (seed: Uint8Array): EndpointId => {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_START, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return brandAs<EndpointId>(spki.subarray(-32).toString('hex'));
};
