import { ENGLISH_WORDS } from './word-list.ts';

/** Twelve words of eight letters. */
const MAX_LETTERS = 96;

/** Ways to split one text that are looked at; two words alike enough to allow more are rare. */
const MAX_SPLITS = 32;

const SHORTEST = 3;
const LONGEST = 8;

const KNOWN = new Set(ENGLISH_WORDS);

/** The ways in which `text` is words of the list with nothing between them, at most {@link MAX_SPLITS}. */
export const splitWords = (text: string): readonly (readonly string[])[] => {
  if (text.length > MAX_LETTERS) return [];
  /** By position: the ways to split what is behind it. */
  const ways: (readonly (readonly string[])[])[] = Array.from({ length: text.length + 1 }, () => []);
  ways[text.length] = [[]];
  for (let from = text.length - SHORTEST; from >= 0; from -= 1) {
    const found: (readonly string[])[] = [];
    for (let to = from + SHORTEST; to <= Math.min(text.length, from + LONGEST); to += 1) {
      const word = text.slice(from, to);
      if (KNOWN.has(word)) found.push(...(ways[to] ?? []).map((rest) => [word, ...rest]));
    }
    ways[from] = found.slice(0, MAX_SPLITS);
  }
  return ways[0] ?? [];
};
