/**
 * What a terminal acts upon instead of showing it, or shows in another place or not at all: control characters but the
 * line break, format and direction-changing characters, separators of lines, halves of characters. The joiners inside
 * emoji and words (U+200C, U+200D) stay.
 */
const UNSEEN = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The same, and text isolated from what is around it, which is what keeps a name in its place. */
const UNSEEN_OR_ISOLATED = new RegExp(`\\u2068([^\\u202a-\\u202e\\u2066-\\u2069\\n]*)\\u2069|${UNSEEN.source}`, 'gu');

/**
 * Text with everything a terminal would act upon written as `\u001b`: what another device said can neither move the
 * cursor nor pass for something else. Inside JSON it means the same as before. Isolates that are whole stay: whoever put them there,
 * they change no more than the order of what is in them.
 */
export const visibleText = (text: string): string =>
  text.replace(UNSEEN_OR_ISOLATED, (found: string, inner: string | undefined) =>
    inner === undefined ? escaped(found) : `\u2068${inner.replace(UNSEEN, escaped)}\u2069`,
  );

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
