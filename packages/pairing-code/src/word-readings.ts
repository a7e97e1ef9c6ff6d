import { WORDS_IN_CODE } from './code-words.ts';
import { splitWords } from './split-words.ts';
import type { WordToken } from './word-tokens.ts';

/** Combinations of split tokens looked at in one text. */
const MAX_COMBINATIONS = 256;

const wordsOf = (tokens: readonly WordToken[]): readonly string[] =>
  tokens.flatMap(({ word }) => (word === undefined ? [] : [word]));

/** Tokens that stand beside every word alike: `Word 1: …`. */
const withoutRepeated = (tokens: readonly WordToken[]): readonly WordToken[] => {
  const counts = new Map<string, number>();
  for (const { text } of tokens) counts.set(text, (counts.get(text) ?? 0) + 1);
  return tokens.filter(({ text }) => (counts.get(text) ?? 0) < WORDS_IN_CODE);
};

/** Twelve pairs of a number and a token, in the order of the numbers: a table may run across or down. */
export const numberedTokens = (given: readonly WordToken[]): readonly WordToken[] | null => {
  const tokens = withoutRepeated(given);
  if (tokens.length !== 2 * WORDS_IN_CODE) return null;
  for (const ordinalFirst of [true, false]) {
    const pairs = Array.from({ length: WORDS_IN_CODE }, (_, index) => tokens.slice(2 * index, 2 * index + 2));
    const counted = pairs.map((pair) => (ordinalFirst ? pair : pair.toReversed()));
    const numbers = new Set(counted.map(([counter]) => counter?.ordinal));
    const isComplete = Array.from({ length: WORDS_IN_CODE }, (_, index) => index + 1).every((each) =>
      numbers.has(each),
    );
    if (!isComplete) continue;
    return counted
      .toSorted(([left], [right]) => (left?.ordinal ?? 0) - (right?.ordinal ?? 0))
      .flatMap(([, token]) => (token === undefined ? [] : [token]));
  }
  return null;
};

/** Lines in a row that hold twelve tokens, all of them words: what stands above and below is other text. */
const spansOfLines = function* (tokens: readonly WordToken[]): Generator<readonly string[]> {
  for (const [from, first] of tokens.entries()) {
    const isLineStart = from === 0 || tokens[from - 1]?.line !== first.line;
    if (!isLineStart) continue;
    const span = tokens
      .slice(from)
      .filter(({ isNumber }) => !isNumber)
      .slice(0, WORDS_IN_CODE + 1);
    const next = span[WORDS_IN_CODE];
    const last = span[WORDS_IN_CODE - 1];
    if (last !== undefined && next?.line !== last.line) yield wordsOf(span.slice(0, WORDS_IN_CODE));
  }
};

/** Tokens of several words with nothing between them, as a lost line break leaves them. */
const splitReadings = (tokens: readonly WordToken[]): readonly (readonly string[])[] => {
  let readings: readonly (readonly string[])[] = [[]];
  for (const { text, word } of tokens) {
    const ways = word === undefined ? splitWords(text) : [[word]];
    readings = readings
      .flatMap((before) => ways.map((way) => [...before, ...way]))
      .filter(({ length }) => length <= WORDS_IN_CODE)
      .slice(0, MAX_COMBINATIONS);
  }
  return readings;
};

/**
 * The ways in which twelve words can be read out of `tokens`, the likeliest first. Whether they belong together is the
 * checksum's to say.
 */
export const wordReadings = function* (tokens: readonly WordToken[]): Generator<readonly string[]> {
  const numbered = numberedTokens(tokens);
  if (numbered !== null) yield wordsOf(numbered);
  const unnumbered = tokens.filter(({ isNumber, word }) => !isNumber || word !== undefined);
  yield wordsOf(unnumbered);
  yield wordsOf(withoutRepeated(unnumbered));
  yield* spansOfLines(tokens);
  if (unnumbered.length < WORDS_IN_CODE) yield* splitReadings(unnumbered);
};

/** Twelve words in a row within a longer run of words. By chance one of sixteen fits, so they say little alone. */
export const looseReadings = function* (tokens: readonly WordToken[]): Generator<readonly string[]> {
  const unnumbered = tokens.filter(({ isNumber }) => !isNumber);
  for (let from = 0; from + WORDS_IN_CODE <= unnumbered.length; from += 1) {
    yield wordsOf(unnumbered.slice(from, from + WORDS_IN_CODE));
  }
};
