import { entropyOfWords, WORDS_IN_CODE } from './code-words.ts';
import { PairingCodeInvalidError, type WrongWord } from './errors.ts';
import { asTypedInEnglish } from './keyboard-layouts.ts';
import { nearestWords } from './nearest-words.ts';
import { otherLanguageOf } from './other-lists.ts';
import { plainText } from './plain-text.ts';
import { WORD_REPAIRS } from './text-repairs.ts';
import {
  gluedReadings,
  looseReadings,
  numberedTokens,
  partReadings,
  twoColumnReadings,
  wholeReadings,
} from './word-readings.ts';
import { tokensOf, type WordToken } from './word-tokens.ts';

/** Longer than twelve words with numbers and a few sentences around them; what is longer and holds no code is something else. */
const MAX_CHARACTERS = 1_000;

/** Tokens read as words: a table with remarks has a hundred, and a mail with its history more than help. */
const MAX_TOKENS = 2_000;

/** Fewer tokens than this are words that somebody began to type, however wrong. */
const MIN_TOKENS_OF_PROSE = 3;

/** The text of a command, as one device prints it for the other. */
const COMMAND = /(?:^|[\s$#>])bowline\s+join\s+([^\n]*(?:\n[^\n]*)*)/i;

const QUOTED = /"([^"]{30,400})"|“([^“”]{30,400})”|'([^']{30,400})'|«([^«»]{30,400})»|`([^`]{30,400})`/g;

const LABELLED = /:([^:]{30,400})$/;

/** What stands in quotes, behind the command or behind a label stands apart from what is around it. */
const partsOf = (text: string): readonly string[] => {
  const quoted = [...text.matchAll(QUOTED)]
    .slice(0, 8)
    .map((match) => match.slice(1).find((part) => part !== undefined) ?? '');
  const behind = [COMMAND, LABELLED].map((mark) => mark.exec(text)?.[1]);
  return [...quoted, ...behind.filter((part) => part !== undefined)];
};

const entropyOf = (words: readonly string[]): Uint8Array | undefined => {
  if (words.length !== WORDS_IN_CODE) return undefined;
  try {
    return entropyOfWords(words);
  } catch {
    // They are no code together; another reading may be.
    return undefined;
  }
};

const firstCode = (readings: Iterable<readonly string[]>): Uint8Array | undefined => {
  for (const words of readings) {
    const entropy = entropyOf(words);
    if (entropy !== undefined) return entropy;
  }
  return undefined;
};

/** Every code among the readings, each once. */
const codesIn = (readings: Iterable<readonly string[]>): readonly Uint8Array[] => {
  const found = new Map<string, Uint8Array>();
  for (const words of readings) {
    const entropy = entropyOf(words);
    if (entropy !== undefined) found.set(words.join(' '), entropy);
  }
  return [...found.values()];
};

const onlyCode = (readings: Iterable<readonly string[]>): Uint8Array | undefined => {
  const [only, ...others] = codesIn(readings);
  return others.length === 0 ? only : undefined;
};

/** The code in these tokens. @throws PairingCodeInvalidError `several`, where readings that are equally likely both fit */
const codeOf = (tokens: readonly WordToken[]): Uint8Array | undefined => {
  const whole = firstCode(wholeReadings(tokens));
  const likely = whole === undefined ? codesIn(partReadings(tokens)) : [whole, ...codesIn(twoColumnReadings(tokens))];
  const [code = firstCode(gluedReadings(tokens)), ...others] = likely;
  if (others.some((other) => !isSame(other, code))) throw new PairingCodeInvalidError('several');
  return code;
};

const isSame = (left: Uint8Array, right: Uint8Array | undefined): boolean =>
  right !== undefined && left.every((byte, index) => byte === right[index]);

/**
 * The code of the words in `text`, wherever they stand; `undefined` when there is none.
 *
 * @param text as `plainText` leaves it @throws PairingCodeInvalidError `several`
 */
export const findWords = (text: string): Uint8Array | undefined => {
  const texts = [text, ...partsOf(text)];
  const retyped = asTypedInEnglish(text);
  if (retyped !== null) texts.push(retyped);
  const seen = new Set<string>();
  for (const repair of WORD_REPAIRS) {
    for (const part of texts.map(repair)) {
      if (seen.has(part)) continue;
      seen.add(part);
      const entropy = codeOf(tokensOf(part).slice(0, MAX_TOKENS));
      if (entropy !== undefined) return entropy;
    }
  }
  return undefined;
};

const wrongWordsOf = (tokens: readonly WordToken[]): readonly WrongWord[] =>
  tokens.flatMap(({ text, word }, index) =>
    word === undefined ? [{ position: index + 1, suggestions: nearestWords(text) }] : [],
  );

/** Whether most of a text are words of the list, as behind "Bowline:", and not what is left of a ticket. */
export const isMostlyWords = (text: string): boolean => {
  const tokens = tokensOf(text).slice(0, MAX_TOKENS);
  return tokens.filter(({ word }) => word !== undefined).length * 2 > tokens.length;
};

/** What is wrong with a text in which no code was found. */
export const mistakeInWords = (text: string): PairingCodeInvalidError => {
  const behind = COMMAND.exec(text)?.[1] ?? text;
  const all = tokensOf(behind).slice(0, MAX_TOKENS);
  const tokens = numberedTokens(all) ?? all.filter(({ isNumber, word }) => !isNumber || word !== undefined);
  if (tokens.length === 0) return new PairingCodeInvalidError('empty');
  const known = tokens.filter(({ word }) => word !== undefined).length;
  const marked = tokens.map((token) => token.marked);
  const language = known === WORDS_IN_CODE ? undefined : otherLanguageOf(marked, known);
  if (language !== undefined) return new PairingCodeInvalidError('other-list', { language });
  if (text.length > MAX_CHARACTERS) return new PairingCodeInvalidError('too-long');
  if (tokens.length !== WORDS_IN_CODE) {
    const isProse = tokens.length >= MIN_TOKENS_OF_PROSE && known * 2 < tokens.length;
    return isProse
      ? new PairingCodeInvalidError('no-code')
      : new PairingCodeInvalidError('word-count', { wordCount: tokens.length });
  }
  const wrongWords = wrongWordsOf(tokens);
  return wrongWords.length > 0
    ? new PairingCodeInvalidError('unknown-word', { wrongWords })
    : new PairingCodeInvalidError('checksum');
};

/**
 * Twelve words somewhere in a sentence, when only one row of twelve can be a code. Words of the list alone are no sentence:
 * of thirteen, one was typed by mistake, and the person knows which.
 */
export const findLooseWords = (text: string): Uint8Array | undefined => {
  const tokens = tokensOf(text).slice(0, MAX_TOKENS);
  const isSentence = tokens.some(({ word, isNumber }) => word === undefined && !isNumber);
  return isSentence && text.length <= MAX_CHARACTERS ? onlyCode(looseReadings(tokens)) : undefined;
};

/**
 * Reads twelve words: any case, any separators, numbered in any way, in tables across or down, whole or by their first four
 * letters, from a keyboard set to another script, and with other text around them.
 *
 * @returns the 16 bytes of the code.
 * @throws {@link PairingCodeInvalidError} that says what is wrong and where.
 */
export const parseWords = (text: string): Uint8Array => {
  const plain = plainText(text);
  const entropy = findWords(plain);
  if (entropy === undefined) throw mistakeInWords(plain);
  return entropy;
};
