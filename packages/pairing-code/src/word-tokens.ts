import { isNumber, ordinalOf } from './ordinals.ts';
import { resolveWord } from './word-list.ts';

/** One run of letters and digits in a text. */
export interface WordToken {
  /** Lower case, without accents. */
  readonly text: string;
  /** The same with its accents, by which other lists are told. */
  readonly marked: string;
  /** The word of the list it stands for. */
  readonly word: string | undefined;
  /** What it counts with when it numbers an entry. */
  readonly ordinal: number | undefined;
  /** Nothing but a number. */
  readonly isNumber: boolean;
  /** Which line it stands on, 0 for the first. */
  readonly line: number;
}

const tokenOf = (marked: string, line: number): WordToken => {
  // A Turkish keyboard writes an i without its dot.
  const text = marked.replace(/\p{M}+/gu, '').replaceAll('ı', 'i');
  return { text, marked, word: resolveWord(text), ordinal: ordinalOf(text), isNumber: isNumber(text), line };
};

/** Numbers stand by themselves, also where nothing parts them from the word they count. */
const apart = (token: string): readonly string[] =>
  /^(\p{N}{1,2})(\p{L}[\p{L}\p{M}]{2,})$/u.exec(token)?.slice(1) ??
  /^(\p{L}[\p{L}\p{M}]{2,})(\p{N}{1,2})$/u.exec(token)?.slice(1) ?? [token];

/** Splits at everything that is neither letter nor digit: spaces of any kind, hyphens, commas, lines of tables, quotes. */
export const tokensOf = (text: string): readonly WordToken[] =>
  text.split('\n').flatMap((content, line) =>
    content
      .normalize('NFKD')
      .toLowerCase()
      .split(/[^\p{L}\p{M}\p{N}]+/u)
      .flatMap(apart)
      .filter((token) => /[\p{L}\p{N}]/u.test(token))
      .map((token) => tokenOf(token, line)),
  );
