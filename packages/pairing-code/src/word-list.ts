import { wordlists } from 'bip39';

const { english = [] } = wordlists;

/** The list codes are made of: 2,048 words, no two alike in their first four letters (BIP39, English list). */
export const ENGLISH_WORDS: readonly string[] = Object.freeze([...english]);

/** First letters that name a word of the list alone (BIP39: "the first four letters are enough"). */
export const UNIQUE_PREFIX_LETTERS = 4;

const KNOWN = new Set(ENGLISH_WORDS);

const BY_PREFIX = new Map(
  ENGLISH_WORDS.filter((word) => word.length >= UNIQUE_PREFIX_LETTERS).map((word) => [
    word.slice(0, UNIQUE_PREFIX_LETTERS),
    word,
  ]),
);

/** The word a token stands for: itself, or the one it is a prefix of when it has four letters or more. */
export const resolveWord = (token: string): string | undefined => {
  if (KNOWN.has(token)) return token;
  const word = BY_PREFIX.get(token.slice(0, UNIQUE_PREFIX_LETTERS));
  return word?.startsWith(token) === true ? word : undefined;
};
