import * as crypto from 'node:crypto';
import { promisify } from 'node:util';

/** What a passphrase costs whoever guesses: memory in KiB, passes over it, and lanes. */
export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/**
 * What new passphrases are stretched with: the second recommended choice of RFC 9106, section 4, for machines that cannot
 * spare 2 GiB. Half a second to two on the machines it was measured on.
 */
export const ARGON2_COST: Argon2Cost = Object.freeze({ memoryKib: 65_536, passes: 3, lanes: 4 });

/** Most that a file may ask for: a quarter of a gigabyte, and seconds. Anything above was not written by Bowline. */
export const ARGON2_BOUNDS = Object.freeze({
  memoryKib: Object.freeze({ least: 8_192, most: 262_144 }),
  passes: Object.freeze({ least: 1, most: 16 }),
  lanes: Object.freeze({ least: 1, most: 16 }),
});

/** Salt length that RFC 9106 recommends, bytes. */
export const ARGON2_SALT_BYTES = 16;

/** Bytes of a stretched key: one of AES-256. */
const KEY_BYTES = 32;

type Stretch = (passphrase: Uint8Array, salt: Uint8Array, cost: Argon2Cost) => Promise<Uint8Array>;

/** By Node itself, which has it since 24.7. */
export const nodeArgon2id: Stretch | undefined =
  typeof crypto.argon2 === 'function'
    ? async (passphrase, salt, { memoryKib, passes, lanes }) =>
        new Uint8Array(
          await promisify(crypto.argon2)('argon2id', {
            message: passphrase,
            nonce: salt,
            memory: memoryKib,
            passes,
            parallelism: lanes,
            tagLength: KEY_BYTES,
          }),
        )
    : undefined;

/** By WebAssembly, where Node has none. The same bytes come of it. */
export const wasmArgon2id: Stretch = async (password, salt, { memoryKib, passes, lanes }) => {
  const { argon2id } = await import('hash-wasm');
  return argon2id({
    password,
    salt,
    memorySize: memoryKib,
    iterations: passes,
    parallelism: lanes,
    hashLength: KEY_BYTES,
    outputType: 'binary',
  });
};

export const argon2id: Stretch = nodeArgon2id ?? wasmArgon2id;
