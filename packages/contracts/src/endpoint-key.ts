import { createPrivateKey, createPublicKey } from 'node:crypto';
import { InvalidOptionError } from './bowline-error.ts';
import { brandAs, type EndpointId } from './ids.ts';

/** Length of an Ed25519 seed, bytes (RFC 8032). */
export const SECRET_KEY_BYTES = 32;

/** DER in front of a 32-byte Ed25519 seed in PKCS#8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The endpoint id that belongs to a secret key: its Ed25519 public key, as iroh derives it.
 *
 * @param secretKey 32 bytes, the Ed25519 seed
 * @throws {@link InvalidOptionError} for another length; the key is not in the message
 */
export const endpointIdOf = (secretKey: Uint8Array): EndpointId => {
  if (secretKey.length !== SECRET_KEY_BYTES) {
    throw new InvalidOptionError('secretKey', `must be ${SECRET_KEY_BYTES} bytes`, `${secretKey.length} bytes`);
  }
  const der = Buffer.concat([PKCS8_PREFIX, secretKey]);
  const publicKey = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  der.fill(0);
  return brandAs<EndpointId>(
    publicKey.export({ format: 'der', type: 'spki' }).subarray(-SECRET_KEY_BYTES).toString('hex'),
  );
};
