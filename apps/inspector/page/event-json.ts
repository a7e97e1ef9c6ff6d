/** What is shown in another place, or not at all. The joiners inside emoji and words (U+200C, U+200D) stay. */
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A value as JSON in which everything is seen: what another device said cannot reorder what stands beside it. */
export const eventJson = (value: object): string =>
  JSON.stringify(value).replace(UNSEEN, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
