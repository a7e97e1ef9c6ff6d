/**
 * What is acted upon instead of being shown, or is shown in another place or not at all: control characters but the line break, format and
 * direction-changing characters, separators of lines, halves of characters. The joiners inside emoji and words (U+200C, U+200D) stay.
 */
const UNSEEN = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text in which everything is seen: what is not, is written as `\u001b`. Inside JSON it means the same as before. */
export const escapeUnseen = (text: string): string =>
  text.replace(UNSEEN, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
