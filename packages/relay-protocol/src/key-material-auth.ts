import { sign, timingSafeEqual } from 'node:crypto';
import { InvalidOptionError } from '@bowline/contracts';
import { type ClientAuth, verifySignature } from './client-auth.ts';
import { endpointKeyOf, signingKeyOf } from './endpoint-key.ts';
import { ENDPOINT_KEY_BYTES, SIGNATURE_BYTES } from './frame-limits.ts';

/** Label of the TLS exporter (RFC 5705); its context is the client's public key. Source: iroh-relay 1.x, `protos/handshake.rs`. */
export const KEY_MATERIAL_LABEL = 'iroh-relay handshake v1';

/** Bytes to export from the TLS session. */
export const KEY_MATERIAL_BYTES = 32;

/** The first 16 exported bytes are signed; the last 16 are sent, to show that both ends are of one TLS session. */
const SIGNED_BYTES = 16;

const HEADER_BYTES = ENDPOINT_KEY_BYTES + 1 + SIGNATURE_BYTES + (KEY_MATERIAL_BYTES - SIGNED_BYTES);

/** What `x-iroh-relay-client-auth-v1` carries. */
export interface KeyMaterialAuth extends ClientAuth {
  /** Last 16 bytes of the exported material. */
  readonly suffix: Uint8Array;
}

/**
 * Writes the header that saves the challenge's round trip over TLS.
 *
 * @param keyMaterial 32 bytes: `tlsSocket.exportKeyingMaterial(KEY_MATERIAL_BYTES, KEY_MATERIAL_LABEL, endpointKey)`
 * @throws {@link InvalidOptionError} for another length of key or material
 */
export const encodeKeyMaterialAuth = (secretKey: Uint8Array, keyMaterial: Uint8Array): string => {
  if (keyMaterial.length !== KEY_MATERIAL_BYTES) {
    throw new InvalidOptionError('keyMaterial', `must be ${KEY_MATERIAL_BYTES} bytes`, `${keyMaterial.length} bytes`);
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.set(endpointKeyOf(secretKey), 0);
  header[ENDPOINT_KEY_BYTES] = SIGNATURE_BYTES;
  header.set(sign(null, keyMaterial.subarray(0, SIGNED_BYTES), signingKeyOf(secretKey)), ENDPOINT_KEY_BYTES + 1);
  header.set(keyMaterial.subarray(SIGNED_BYTES, KEY_MATERIAL_BYTES), ENDPOINT_KEY_BYTES + 1 + SIGNATURE_BYTES);
  return header.toString('base64url');
};

/** Reads the header; `undefined` for anything malformed, upon which the server falls back to a challenge. */
export const decodeKeyMaterialAuth = (header: string): KeyMaterialAuth | undefined => {
  if (!/^[A-Za-z0-9_-]{151}$/.test(header)) return undefined;
  const bytes = Uint8Array.from(Buffer.from(header, 'base64url'));
  if (bytes.length !== HEADER_BYTES || bytes[ENDPOINT_KEY_BYTES] !== SIGNATURE_BYTES) return undefined;
  const signatureAt = ENDPOINT_KEY_BYTES + 1;
  return {
    endpointKey: bytes.subarray(0, ENDPOINT_KEY_BYTES),
    signature: bytes.subarray(signatureAt, signatureAt + SIGNATURE_BYTES),
    suffix: bytes.subarray(signatureAt + SIGNATURE_BYTES),
  };
};

/**
 * Whether the header proves its key for the TLS session `keyMaterial` was exported from. `false` is no attack by
 * itself: a proxy that ends TLS makes the two ends differ; fall back to a challenge.
 */
export const verifyKeyMaterialAuth = async (auth: KeyMaterialAuth, keyMaterial: Uint8Array): Promise<boolean> =>
  keyMaterial.length === KEY_MATERIAL_BYTES &&
  auth.suffix.length === KEY_MATERIAL_BYTES - SIGNED_BYTES &&
  timingSafeEqual(auth.suffix, keyMaterial.subarray(SIGNED_BYTES)) &&
  (await verifySignature(auth.endpointKey, keyMaterial.subarray(0, SIGNED_BYTES), auth.signature));
