import type { Random } from '@bowline/contracts';
import { entropyToMnemonic, mnemonicToEntropy } from 'bip39';
import { PairingCodeInvalidError } from './errors.ts';
import { ENGLISH_WORDS } from './word-list.ts';

/** 128 bits become twelve words: 132 bits with BIP39's checksum, eleven to a word. */
export const ENTROPY_BYTES = 16;

export const WORDS_IN_CODE = 12;

/** A fresh code: 16 random bytes. A secret. */
export const createEntropy = (random: Random): Uint8Array => random.bytes(ENTROPY_BYTES);

/** The twelve words of a code, lower case, separated by single spaces. A secret. */
export const wordsOfEntropy = (entropy: Uint8Array): string => {
  if (entropy.length !== ENTROPY_BYTES) throw new RangeError(`a code is ${ENTROPY_BYTES} bytes, not ${entropy.length}`);
  return entropyToMnemonic(Buffer.from(entropy), [...ENGLISH_WORDS]);
};

/** @throws {@link PairingCodeInvalidError} `checksum` when the words do not belong together. */
export const entropyOfWords = (words: readonly string[]): Uint8Array => {
  try {
    return Uint8Array.from(Buffer.from(mnemonicToEntropy(words.join(' '), [...ENGLISH_WORDS]), 'hex'));
  } catch {
    // bip39 has one complaint left once count and words are checked; its message would quote nothing useful.
    throw new PairingCodeInvalidError('checksum');
  }
};
