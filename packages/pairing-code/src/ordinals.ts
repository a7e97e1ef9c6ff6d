/** How lists number their entries in words, beside digits, which are read in any script. */
const SPELLED: readonly (readonly string[])[] = [
  ['one', 'first', 'i', 'a'],
  ['two', 'second', 'ii', 'b'],
  ['three', 'third', 'iii', 'c'],
  ['four', 'fourth', 'iv', 'd'],
  ['five', 'fifth', 'v', 'e'],
  ['six', 'sixth', 'vi', 'f'],
  ['seven', 'seventh', 'vii', 'g'],
  ['eight', 'eighth', 'viii', 'h'],
  ['nine', 'ninth', 'ix'],
  ['ten', 'tenth', 'x', 'j'],
  ['eleven', 'eleventh', 'xi', 'k'],
  ['twelve', 'twelfth', 'xii', 'l', 'last'],
];

const BY_SPELLING = new Map(SPELLED.flatMap((spellings, index) => spellings.map((spelling) => [spelling, index + 1])));

/** What a digit of any script stands for: the digits of a script follow each other from its zero. */
const digitOf = (digit: string): number => {
  const codePoint = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(codePoint - value - 1))) value += 1;
  return value;
};

/** `1st`, `2nd`, `3.º`: what languages put behind a number. */
const NUMBERED = /^(\p{Nd}{1,2})(?:st|nd|rd|th|o|a|e|er|er|eme|de)?$/u;

/** The number a token counts with; `undefined` when it does not count. */
export const ordinalOf = (token: string): number | undefined => {
  const digits = NUMBERED.exec(token)?.[1];
  if (digits === undefined) return BY_SPELLING.get(token);
  return [...digits].reduce((value, digit) => value * 10 + digitOf(digit), 0);
};

/** Whether a token is a number and nothing else: no word of any list is. */
export const isNumber = (token: string): boolean => NUMBERED.test(token);
