import { wordlists } from 'bip39';

const LANGUAGES: Readonly<Record<string, string>> = {
  chinese_simplified: 'Chinese',
  chinese_traditional: 'Chinese',
  czech: 'Czech',
  french: 'French',
  italian: 'Italian',
  japanese: 'Japanese',
  korean: 'Korean',
  portuguese: 'Portuguese',
  spanish: 'Spanish',
};

/** Lists share words with each other and with English; fewer hits than this prove nothing. */
const MIN_HITS = 3;

/** Han characters are words of their own and typed without spaces between them. */
const tokensOf = (tokens: readonly string[]): readonly string[] =>
  tokens.flatMap((token) => (/^\p{Script=Han}+$/u.test(token) ? [...token] : [token]));

const withoutMarks = (text: string): string =>
  text.normalize('NFKD').replace(/\p{Script=Latin}\p{M}+/gu, (letter) => letter.charAt(0));

/** Words of each list without their marks; made when it is first needed, for most codes need none. */
const KNOWN = new Map<string, ReadonlySet<string>>();

const knownOf = (list: string): ReadonlySet<string> => {
  const known = KNOWN.get(list) ?? new Set((wordlists[list] ?? []).map(withoutMarks));
  KNOWN.set(list, known);
  return known;
};

/**
 * The language whose list most of the tokens are from, when that is not the English one.
 *
 * @param tokens as typed, NFKD and lower case, with their marks.
 * @param englishCount how many of them the English list knows.
 */
export const otherLanguageOf = (tokens: readonly string[], englishCount: number): string | undefined => {
  const words = tokensOf(tokens).map(withoutMarks);
  let best: { readonly language: string; readonly hits: number } | undefined;
  for (const [list, language] of Object.entries(LANGUAGES)) {
    const known = knownOf(list);
    const hits = words.filter((word) => known.has(word)).length;
    if (hits > (best?.hits ?? 0)) best = { language, hits };
  }
  if (best === undefined || best.hits < MIN_HITS || best.hits <= englishCount) return undefined;
  return best.hits * 2 > words.length ? best.language : undefined;
};
