/** By which terminals are told that text to act upon begins, and that a title or a link ends. */
const ESCAPE = '\u001b';
const BELL = '\u0007';

/** Sequences by which terminals colour, move and mark a paste: control sequences, titles, and two-character escapes. */
const TERMINAL_SEQUENCES = new RegExp(
  `${ESCAPE}\\[[0-?]*[ -/]*[@-~]|${ESCAPE}\\][^${BELL}${ESCAPE}]{0,2048}(?:${BELL}|${ESCAPE}\\\\)|${ESCAPE}[@-Z\\\\-_]`,
  'g',
);

/** A link whose address the terminal keeps behind its text. */
const TERMINAL_LINK = new RegExp(
  `${ESCAPE}\\]8;[^;${BELL}${ESCAPE}]{0,256};([^${BELL}${ESCAPE}]{0,16384})(?:${BELL}|${ESCAPE}\\\\)`,
  'g',
);

/** What is neither shown nor meant: format and direction marks, joiners, soft hyphens, variation selectors. */
const UNSEEN = /[\p{Cf}\p{DI}]/gu;

/** Times the same text may have been encoded, one mailer or link wrapper on top of the other. */
const MAX_DECODINGS = 3;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  colon: ':',
  dash: '-',
  gt: '>',
  hyphen: '-',
  lcub: '{',
  lowbar: '_',
  lt: '<',
  nbsp: ' ',
  newline: '\n',
  num: '#',
  period: '.',
  quot: '"',
  rcub: '}',
  shy: '',
  sol: '/',
};

const characterOf = (codePoint: number, otherwise: string): string =>
  codePoint > 0 && codePoint <= 0x10_ff_ff ? String.fromCodePoint(codePoint) : otherwise;

const withoutEntities = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hexadecimal, name) => {
    if (decimal !== undefined) return characterOf(Number(decimal), whole);
    if (hexadecimal !== undefined) return characterOf(Number.parseInt(hexadecimal, 16), whole);
    return ENTITIES[String(name).toLowerCase()] ?? whole;
  });

const withoutPercents = (text: string): string =>
  text.replace(/%(?:25)*([2-7][0-9a-f]|0[9ad])/gi, (_whole, digits) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );

const decoded = (text: string): string => {
  let current = text;
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    const next = withoutPercents(withoutEntities(current));
    if (next === current) break;
    current = next;
  }
  return current;
};

/**
 * What a person sees of a pasted text: without terminal sequences and characters that are not shown, with plain line
 * breaks, and with the encodings of links and of HTML undone. Compatibility forms become plain letters and digits.
 */
export const plainText = (text: string): string =>
  decoded(
    text
      .replace(TERMINAL_LINK, '$1 ')
      .replace(TERMINAL_SEQUENCES, '')
      .replace(/\r\n?|[\u0085\u2028\u2029\v\f]/g, '\n'),
  )
    .replace(UNSEEN, '')
    .normalize('NFKC');
