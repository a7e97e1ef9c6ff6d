import { ENGLISH_WORDS } from './word-list.ts';

/** A slip of the finger is one edit, a misheard word about two; beyond that a suggestion is a guess. */
const MAX_DISTANCE = 2;

/** The longest word has eight letters; longer tokens are compared by their beginning. */
const MAX_TOKEN_LETTERS = 12;

/** Edits (insert, delete, replace, swap neighbours) that turn one word into the other. */
export const editDistance = (left: string, right: string): number => {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      let distance = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) distance = Math.min(distance, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
};

const sharedPrefix = (left: string, right: string): number => {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
};

interface Ranked {
  readonly word: string;
  readonly distance: number;
  readonly prefix: number;
}

const rank = (token: string, word: string): Ranked => ({
  word,
  distance: editDistance(token, word),
  prefix: sharedPrefix(token, word),
});

/** A token that begins a word counts as one edit away: the rest is merely not typed yet. */
const score = ({ distance, prefix }: Ranked, token: string): number =>
  prefix === token.length ? Math.min(distance, 1) : distance;

/**
 * The words of the list most like `token`: fewest edits first, then the longest common beginning, then the list's order.
 *
 * @param limit most words returned. @defaultValue 3
 */
export const nearestWords = (token: string, limit = 3): readonly string[] => {
  const typed = token.slice(0, MAX_TOKEN_LETTERS);
  return ENGLISH_WORDS.map((word) => rank(typed, word))
    .filter((candidate) => score(candidate, typed) <= MAX_DISTANCE)
    .sort((left, right) => score(left, typed) - score(right, typed) || right.prefix - left.prefix)
    .slice(0, limit)
    .map(({ word }) => word);
};
