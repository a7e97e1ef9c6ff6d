/** A seed of 32 times 42, as in the published examples of iroh's relay protocol. */
export const SECRET_KEY = new Uint8Array(32).fill(42);

/** The public key of {@link SECRET_KEY}. */
export const KEY_HEX = '197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61';

export const KEY = Uint8Array.from(Buffer.from(KEY_HEX, 'hex'));

/** `Hello World!` */
export const CONTENTS_HEX = '48656c6c6f20576f726c6421';

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
