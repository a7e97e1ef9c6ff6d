import { PassphraseUnfitError } from './key-errors.ts';

/** Fewest characters of a passphrase that is set, as NIST SP 800-63B asks of passwords. */
const LEAST_CHARACTERS = 8;

/** Most bytes of one: far above what anybody types, and nothing that could be a file given by mistake. */
export const MAX_PASSPHRASE_BYTES = 1_024;

/**
 * A passphrase as bytes. The same letters can be typed in more than one form, so they are brought into one (NFC, as
 * RFC 8265 has it for passwords).
 */
export const passphraseBytes = (passphrase: string): Uint8Array => Buffer.from(passphrase.normalize('NFC'), 'utf8');

/** @throws {@link PassphraseUnfitError} when a passphrase that is to be set is not worth setting */
export const requireFitPassphrase = (passphrase: string): void => {
  if ([...passphrase.normalize('NFC')].length < LEAST_CHARACTERS) {
    throw new PassphraseUnfitError(`has at least ${LEAST_CHARACTERS} characters`);
  }
  if (passphraseBytes(passphrase).length > MAX_PASSPHRASE_BYTES) {
    throw new PassphraseUnfitError(`has at most ${MAX_PASSPHRASE_BYTES} bytes`);
  }
};
