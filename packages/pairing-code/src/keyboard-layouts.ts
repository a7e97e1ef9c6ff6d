import { resolveWord } from './word-list.ts';

/** A script, and the letter that each of its keys writes when the keyboard is set to English. */
interface Layout {
  readonly script: RegExp;
  readonly keys: ReadonlyMap<string, string>;
}

const ENGLISH_KEYS = 'qwertyuiopasdfghjklzxcvbnm';

const layout = (script: RegExp, letters: string, others: Readonly<Record<string, string>> = {}): Layout => ({
  script,
  keys: new Map([
    ...[...letters].map((letter, index) => [letter, ENGLISH_KEYS.charAt(index)] as const),
    ...Object.entries(others),
  ]),
});

/** Keys of the Korean two-set layout, by the order of the conjoining letters in Unicode. */
const KOREAN_INITIALS = 'r r s e e f a q q t t d w w c z x v g'.split(' ');
const KOREAN_VOWELS = 'k o i o j p u p h hk ho hl y n nj np nl b m ml l'.split(' ');
const KOREAN_FINALS = 'r r rt s sw sg e f fr fa fq ft fx fv fg a q qt t t d w c z x v g'.split(' ');

const koreanKeys = (): ReadonlyMap<string, string> => {
  const from = (first: number, keys: readonly string[]) =>
    keys.map((key, index) => [String.fromCodePoint(first + index), key] as const);
  return new Map([...from(0x11_00, KOREAN_INITIALS), ...from(0x11_61, KOREAN_VOWELS), ...from(0x11_a8, KOREAN_FINALS)]);
};

const KOREAN: Layout = { script: /\p{Script=Hangul}/u, keys: koreanKeys() };

const LAYOUTS: readonly Layout[] = [
  layout(/\p{Script=Cyrillic}/u, 'йцукенгшщзфывапролдячсмить', { і: 's', ў: 'o' }),
  layout(/\p{Script=Greek}/u, ';ςερτυθιοπασδφγηξκλζχψωβνμ', { ά: 'a', έ: 'e', ή: 'h', ί: 'i', ό: 'o', ύ: 'y', ώ: 'v' }),
  layout(/\p{Script=Hebrew}/u, "/'קראטוןםפשדגכעיחלךזסבהנמצ"),
  layout(/\p{Script=Arabic}/u, 'ضصثقفغعهخحشسيبلاتنمئءؤرﻻىة'),
  KOREAN,
];

/** The Arabic key of `b` writes two letters, which are also what the keys of `g` and `h` write. */
const LAM_ALEF = /لا/g;
const LAM_ALEF_KEY = 'ﻻ';

const retyped = (text: string, { keys }: Layout): string =>
  [...text].map((letter) => keys.get(letter) ?? letter).join('');

/** What would stand there had the keyboard been set to English; `null` when the text is not of another script. */
export const asTypedInEnglish = (text: string): string | null => {
  const composed = text.toLowerCase().normalize('NFC');
  const layout = LAYOUTS.find(({ script }) => script.test(composed));
  if (layout === undefined) return null;
  const letters = layout === KOREAN ? composed.normalize('NFKD') : composed;
  return letters.replace(/[^\s]+/g, (token) => {
    const typed = retyped(token, layout);
    return resolveWord(typed) === undefined ? retyped(token.replace(LAM_ALEF, LAM_ALEF_KEY), layout) : typed;
  });
};
