import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '@bowline/contracts';

/** Key length of AES-256, bytes. */
export const SEALING_KEY_BYTES = 32;

/** First byte of everything sealed this way; another number would be another way. */
const SEALING_VERSION = 1;

/** Nonce and tag lengths of AES-GCM as NIST SP 800-38D recommends them, bytes. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Where a sealed value is kept. It is authenticated with the value, so that no value opens in another place. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** Bytes a sealed value takes beyond its plaintext. */
export const SEALING_OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Encrypts and authenticates `plaintext` for one place: version, nonce, ciphertext, tag. */
export const sealValue = (
  key: Uint8Array,
  plaintext: Uint8Array,
  place: SealedPlace,
  random: Random,
): Uint8Array<ArrayBuffer> => {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeBytes(place));
  const ciphertext = [cipher.update(plaintext), cipher.final()];
  return new Uint8Array(Buffer.concat([Uint8Array.of(SEALING_VERSION), nonce, ...ciphertext, cipher.getAuthTag()]));
};

/** The plaintext, or `undefined` when key, place or a single bit is not what it was when the value was sealed. */
export const openSealed = (key: Uint8Array, sealed: Uint8Array, place: SealedPlace): Uint8Array | undefined => {
  if (sealed.length < SEALING_OVERHEAD_BYTES || sealed[0] !== SEALING_VERSION) return undefined;
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(placeBytes(place));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES));
  try {
    return new Uint8Array(Buffer.concat([plaintext, decipher.final()]));
  } catch {
    // The one thing `final` throws for is a tag that does not match.
    return undefined;
  }
};

/** Encoded as JSON, so that no two places have the same bytes. */
const placeBytes = (place: SealedPlace): Uint8Array =>
  Buffer.from(JSON.stringify(['bowline store', place.table, place.column, place.row]));
