import { createPrivateKey, createPublicKey } from 'node:crypto';
import { brandAs, type EndpointId } from '@bowline/contracts';

/** DER of an Ed25519 private key up to its 32-byte seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The endpoint id that iroh derives from a secret key, so that fakes and real endpoints agree on who is who. */
export const endpointIdOfSeed = (secretKey: Uint8Array): EndpointId => {
  const der = Buffer.concat([PKCS8_PREFIX, secretKey]);
  const publicKey = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return brandAs<EndpointId>(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'));
};
