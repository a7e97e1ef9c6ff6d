import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Plaintext bytes of every chunk but the last. */
export const CHUNK_BYTES = 65_536;

/** Length of AES-GCM's tag as NIST SP 800-38D recommends it, bytes. */
export const CHUNK_TAG_BYTES = 16;

const NONCE_BYTES = 12;

/** The number of the chunk, and whether it is the last: none can be moved, left out or cut off unnoticed. A key seals one file. */
const nonceOf = (index: number, isLast: boolean): Uint8Array => {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUIntBE(index, NONCE_BYTES - 7, 6);
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
};

export const sealChunk = (key: Uint8Array, plaintext: Uint8Array, index: number, isLast: boolean): Uint8Array => {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index, isLast), { authTagLength: CHUNK_TAG_BYTES });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
};

/** `undefined` when it is not the chunk that was sealed in this place. */
export const openChunk = (key: Uint8Array, sealed: Uint8Array, index: number, isLast: boolean): Buffer | undefined => {
  if (sealed.length < CHUNK_TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(index, isLast), { authTagLength: CHUNK_TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-CHUNK_TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, -CHUNK_TAG_BYTES));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    // The one thing `final` throws for is a tag that does not match.
    return undefined;
  }
};
