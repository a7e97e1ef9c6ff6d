/**
 * Longest name, Unicode code points. What is shown as one character may be several: `é` is one, a family of emoji up to
 * seven. Nothing shown as one character is cut in two.
 */
export const MAX_NAME_CHARACTERS = 64;

/** More is not looked at, code units: a frame cannot hold it. */
const MAX_GIVEN_CHARACTERS = 1_024;

/** Marks on one letter; scripts need up to four, and more paint over the lines above and below. */
const MAX_MARKS = 8;

/** Shown as nothing, whatever the font: fillers of scripts, the empty Braille cell, joiners of marks. */
const BLANKS = /[\u034f\u115f\u1160\u2800\u3164\uffa0]/gu;

/** Direction marks and all that is not shown, but the two joiners. */
const UNSEEN = /(?![\u200c\u200d])\p{Cf}/gu;

/** Joiners that join nothing: only scripts that are written with them, and emoji, have a use for them. */
const IDLE_JOINERS =
  /(?<![\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200c\u200d]+|(?<=\p{Script=Latin}\p{M}*)[\u200c\u200d]+|[\u200c\u200d]+(?![\p{L}\p{Extended_Pictographic}\u200c\u200d])|(?<=[\u200c\u200d])[\u200c\u200d]+/gu;

const MARKS = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu');

/** Made when it is first needed: that takes as long as all else that a command loads, and few names are so long. */
let graphemes: Intl.Segmenter | undefined;

const cut = (text: string): string => {
  if ([...text].length <= MAX_NAME_CHARACTERS) return text;
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let kept = '';
  let length = 0;
  for (const { segment } of graphemes.segment(text)) {
    length += [...segment].length;
    if (length > MAX_NAME_CHARACTERS) break;
    kept += segment;
  }
  return kept === '' ? [...text].slice(0, MAX_NAME_CHARACTERS).join('') : kept;
};

const cleanedOnce = (text: string): string => {
  const seen = text
    .replace(/[\p{Cc}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(UNSEEN, '')
    .replace(BLANKS, '')
    .replace(IDLE_JOINERS, '')
    .replace(MARKS, '$1')
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .trim();
  return cut(seen).replace(/[\s\u200c\u200d]+$/u, '');
};

/** What is removed can bring together what has to be removed; each time the text is shorter. */
const MAX_ROUNDS = 16;

/**
 * A name fit for screens and logs, otherwise as it was given: control and direction-changing characters, what is not shown
 * and what harms a terminal are removed, white space is folded, and it is cut to {@link MAX_NAME_CHARACTERS}. Accents are
 * composed (NFC), which is the same text. Joiners stay where a script or an emoji needs them. Empty when nothing is left.
 */
export const cleanDisplayName = (text: string): string => {
  let current = text.slice(0, MAX_GIVEN_CHARACTERS);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = cleanedOnce(current);
    if (next === current) return current;
    current = next;
  }
  return '';
};

/**
 * What two names have in common that a person takes for one, however they were typed: case, composed or decomposed accents,
 * full-width letters, the kinds of apostrophes, quotes, dashes and spaces, and joiners do not matter.
 */
export const displayNameKey = (name: string): string =>
  name
    .slice(0, MAX_GIVEN_CHARACTERS)
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{DI}]/gu, '')
    .replace(/[‘’‚‛′‵ʹʻʼʽˈ`´＇]/g, "'")
    .replace(/[“”„‟″«»]/g, '"')
    .replace(/[\p{Pd}−]/gu, '-')
    .replace(/\s+/gu, ' ')
    .trim()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC');

/** Whether a name could be taken for the id of a device or of an endpoint. */
export const looksLikeId = (name: string): boolean => /^(?:d-[0-9a-z]*|[0-9a-f]{64})$/.test(displayNameKey(name));
