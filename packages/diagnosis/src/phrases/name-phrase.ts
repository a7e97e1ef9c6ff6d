/** Characters that change the direction of what follows them. */
const DIRECTION_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Blocks of scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * Text that stands in a sentence and does not reorder it: isolated (U+2068, U+2069) where it holds letters that are written from
 * right to left, else as it is. Whatever changes directions is taken out of it.
 */
export const isolated = (text: string): string => {
  const plain = text.replace(DIRECTION_CONTROLS, '');
  return RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain;
};

/**
 * A name as it stands in a sentence, for a page as for a terminal: isolated, and with the dotted circle (U+25CC) below marks that
 * would else sit on what stands before.
 */
export const namePhrase = (name: string): string => isolated(/^\p{M}/u.test(name) ? `\u25cc${name}` : name);
