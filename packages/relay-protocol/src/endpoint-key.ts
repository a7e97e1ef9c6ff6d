import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { brandAs, type EndpointId, InvalidOptionError, parseEndpointId, SECRET_KEY_BYTES } from '@bowline/contracts';
import { ENDPOINT_KEY_BYTES } from './frame-limits.ts';

/** DER in front of a 32-byte Ed25519 seed in PKCS#8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** DER in front of a 32-byte Ed25519 public key in SubjectPublicKeyInfo (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The signing key of a 32-byte seed. @throws {@link InvalidOptionError} for another length; the seed is not in the message */
export const signingKeyOf = (secretKey: Uint8Array): KeyObject => {
  if (secretKey.length !== SECRET_KEY_BYTES) {
    throw new InvalidOptionError('secretKey', `must be ${SECRET_KEY_BYTES} bytes`, `${secretKey.length} bytes`);
  }
  const der = Buffer.concat([PKCS8_PREFIX, secretKey]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return key;
};

/** The public key of a 32-byte seed, 32 bytes. @throws {@link InvalidOptionError} for another length */
export const endpointKeyOf = (secretKey: Uint8Array): Uint8Array => publicBytesOf(signingKeyOf(secretKey));

/** The 32 public bytes of a key pair. */
export const publicBytesOf = (key: KeyObject): Uint8Array => {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return Uint8Array.from(der.subarray(SPKI_PREFIX.length));
};

/** Writes 32 key bytes as an endpoint id. @throws {@link InvalidOptionError} for another length */
export const endpointIdOfKey = (endpointKey: Uint8Array): EndpointId => {
  if (endpointKey.length !== ENDPOINT_KEY_BYTES) {
    throw new InvalidOptionError('endpointKey', `must be ${ENDPOINT_KEY_BYTES} bytes`, `${endpointKey.length} bytes`);
  }
  return brandAs<EndpointId>(
    Buffer.from(endpointKey.buffer, endpointKey.byteOffset, endpointKey.byteLength).toString('hex'),
  );
};

/** The 32 key bytes of an endpoint id. @throws {@link InvalidOptionError} unless it is 64 hexadecimal digits */
export const keyOfEndpointId = (endpointId: EndpointId): Uint8Array => {
  if (parseEndpointId(endpointId) === undefined) {
    throw new InvalidOptionError('endpointId', 'must be 64 hexadecimal digits', endpointId);
  }
  return Uint8Array.from(Buffer.from(endpointId, 'hex'));
};
