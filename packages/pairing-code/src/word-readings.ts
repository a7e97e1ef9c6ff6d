import { WORDS_IN_CODE } from './code-words.ts';
import { splitWords } from './split-words.ts';
import type { WordToken } from './word-tokens.ts';

/** Combinations of split tokens looked at in one text. */
const MAX_COMBINATIONS = 256;

const wordsOf = (tokens: readonly WordToken[]): readonly string[] =>
  tokens.flatMap(({ word }) => (word === undefined ? [] : [word]));

/** Between twelve words there are as many places for what is said between them: `comma`, `then`. */
const MIN_REPETITIONS = WORDS_IN_CODE - 1;

/** Tokens that stand beside every word alike, `Word 1: …`, or between any two. */
const withoutRepeated = (tokens: readonly WordToken[]): readonly WordToken[] => {
  const counts = new Map<string, number>();
  for (const { text } of tokens) counts.set(text, (counts.get(text) ?? 0) + 1);
  return tokens.filter(({ text }) => (counts.get(text) ?? 0) < MIN_REPETITIONS);
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
    const span = tokens.slice(from, from + WORDS_IN_CODE + 1);
    const next = span[WORDS_IN_CODE];
    const last = span[WORDS_IN_CODE - 1];
    if (last !== undefined && next?.line !== last.line) yield wordsOf(span.slice(0, WORDS_IN_CODE));
  }
};

/** Numbers of columns in which twelve words stand evenly. */
const COLUMNS = [2, 3, 4, 6] as const;

/** Lines that hold a token or more, one after the other. */
const linesOf = (tokens: readonly WordToken[]): readonly (readonly WordToken[])[] => [
  ...Map.groupBy(tokens, ({ line }) => line).values(),
];

/** What stands in `columns` columns of equal length, words and nothing else, read down one after the other. */
const readDown = function* (tokens: readonly WordToken[], columns: number): Generator<readonly string[]> {
  const lines = linesOf(tokens);
  const rows = WORDS_IN_CODE / columns;
  const isRow = (line: readonly WordToken[]): boolean =>
    line.length === columns && line.every(({ word }) => word !== undefined);
  for (let from = 0; from + rows <= lines.length; from += 1) {
    const block = lines.slice(from, from + rows);
    if (block.every(isRow)) yield Array.from({ length: columns }, (_, column) => columnOf(block, column)).flat();
  }
};

const columnOf = (lines: readonly (readonly WordToken[])[], column: number): readonly string[] =>
  lines.map((line) => line[column]?.word ?? '');

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

/** Tokens that may be words: without the numbers beside them. */
const unnumberedOf = (tokens: readonly WordToken[]): readonly WordToken[] =>
  tokens.filter(({ isNumber, word }) => !isNumber || word !== undefined);

/**
 * The ways in which all the words of a text are a code, the likeliest first. Whether they belong together is the checksum's
 * to say.
 */
export const wholeReadings = function* (tokens: readonly WordToken[]): Generator<readonly string[]> {
  const numbered = numberedTokens(tokens);
  if (numbered !== null) yield wordsOf(numbered);
  const unnumbered = unnumberedOf(tokens);
  yield wordsOf(unnumbered);
  yield wordsOf(withoutRepeated(unnumbered));
};

/** Two columns are read down as often as across, and nothing but numbers would tell. */
export const twoColumnReadings = (tokens: readonly WordToken[]): Iterable<readonly string[]> =>
  numberedTokens(tokens) === null ? readDown(withoutRepeated(unnumberedOf(tokens)), 2) : [];

/** The ways in which a part of the lines is a code, or a table that is read down. None is likelier than the others. */
export const partReadings = function* (tokens: readonly WordToken[]): Generator<readonly string[]> {
  const unnumbered = withoutRepeated(unnumberedOf(tokens));
  for (const columns of COLUMNS) yield* readDown(unnumbered, columns);
  yield* spansOfLines(unnumbered);
};

/** The ways in which words with nothing between them are a code. */
export const gluedReadings = (tokens: readonly WordToken[]): readonly (readonly string[])[] => {
  const unnumbered = unnumberedOf(tokens);
  return unnumbered.length < WORDS_IN_CODE ? splitReadings(unnumbered) : [];
};

/** Twelve words in a row within a longer run of words. By chance one of sixteen fits, so they say little alone. */
export const looseReadings = function* (tokens: readonly WordToken[]): Generator<readonly string[]> {
  const unnumbered = tokens.filter(({ isNumber }) => !isNumber);
  for (let from = 0; from + WORDS_IN_CODE <= unnumbered.length; from += 1) {
    yield wordsOf(unnumbered.slice(from, from + WORDS_IN_CODE));
  }
};
