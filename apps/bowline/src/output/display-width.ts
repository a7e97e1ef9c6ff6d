import { stripVTControlCharacters } from 'node:util';

/** Characters that a terminal shows two columns wide (Unicode Standard Annex 11, wide and full-width). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;

/** Nothing but marks, joiners and what is not shown. */
const UNSEEN = /^[\p{M}\p{Cf}\p{DI}]+$/u;

/** Nothing in it is wide, unseen or more than one character. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Made when it is first needed: that takes as long as all else a command loads. */
let segmenter: Intl.Segmenter | undefined;

const widthOf = (grapheme: string): number => {
  if (UNSEEN.test(grapheme)) return 0;
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
};

/** What a person takes for one character each. */
export const graphemesOf = (text: string): readonly string[] => {
  if (PRINTABLE_ASCII.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return [...segmenter.segment(text)].map(({ segment }) => segment);
};

/** Columns that `text` takes on a terminal; colours take none. */
export const displayWidth = (text: string): number =>
  graphemesOf(stripVTControlCharacters(text)).reduce((width, grapheme) => width + widthOf(grapheme), 0);

/** `text` where it fits `columns`, else its beginning and an ellipsis. Characters are never cut in two. */
export const cutToWidth = (text: string, columns: number): string => {
  if (displayWidth(text) <= columns) return text;
  let cut = '';
  let width = 1;
  for (const grapheme of graphemesOf(text)) {
    width += widthOf(grapheme);
    if (width > columns) break;
    cut += grapheme;
  }
  return columns < 1 ? '' : `${cut}…`;
};
