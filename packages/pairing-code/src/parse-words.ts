import { entropyOfWords, WORDS_IN_CODE } from './code-words.ts';
import { PairingCodeInvalidError, type WrongWord } from './errors.ts';
import { nearestWords } from './nearest-words.ts';
import { otherLanguageOf } from './other-lists.ts';
import { resolveWord } from './word-list.ts';

/** Twelve words with numbers and line breaks are about 150 characters. */
const MAX_CHARACTERS = 1_000;

/** Beyond this many wrong words the person has pasted something else, and nearest words help nobody. */
const MAX_WRONG_WORDS_LISTED = 12;

/** Splits at everything that is no letter: spaces of any kind, hyphens, commas, line breaks, numbering, quotes. */
const tokensOf = (text: string): readonly string[] =>
  text
    .normalize('NFKD')
    .replace(/\p{Cf}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .map((token) => token.replace(/^\p{N}{1,2}(?=\p{L}|$)/u, ''))
    .filter((token) => token !== '');

const wrongWordsOf = (tokens: readonly string[]): readonly WrongWord[] =>
  tokens.flatMap((token, index) =>
    resolveWord(token) === undefined ? [{ position: index + 1, suggestions: nearestWords(token) }] : [],
  );

/**
 * Reads twelve typed words: any case, any separators, numbered or not, whole or by their first four letters.
 *
 * @returns the 16 bytes of the code.
 * @throws {@link PairingCodeInvalidError} that says what is wrong and where.
 */
export const parseWords = (text: string): Uint8Array => {
  if (text.length > MAX_CHARACTERS) throw new PairingCodeInvalidError('too-long');
  const marked = tokensOf(text);
  if (marked.length === 0) throw new PairingCodeInvalidError('empty');
  const tokens = marked.map((token) => token.replace(/\p{M}+/gu, ''));
  const words = tokens.map(resolveWord).filter((word) => word !== undefined);
  const language = words.length === WORDS_IN_CODE ? undefined : otherLanguageOf(marked, words.length);
  if (language !== undefined) throw new PairingCodeInvalidError('other-list', { language });
  if (tokens.length !== WORDS_IN_CODE) {
    throw new PairingCodeInvalidError('word-count', { wordCount: tokens.length });
  }
  const wrongWords = wrongWordsOf(tokens).slice(0, MAX_WRONG_WORDS_LISTED);
  if (wrongWords.length > 0) throw new PairingCodeInvalidError('unknown-word', { wrongWords });
  return entropyOfWords(words);
};
