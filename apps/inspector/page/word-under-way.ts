/** Longest word of the list, and a letter more: what is longer is none. */
const MAX_LETTERS = 9;

/**
 * The word at the end of what was typed, which may be completed; `null` where there is none: a ticket, say, or a word that is
 * ended. One letter fits too many. Pure.
 */
export const wordUnderWay = (text: string): string | null => {
  if (text.includes(':')) return null;
  const typed = /(?:^|[^A-Za-z0-9_-])([A-Za-z]+)$/.exec(text)?.[1]?.toLowerCase();
  return typed === undefined || typed.length < 2 || typed.length > MAX_LETTERS ? null : typed;
};

/** What was typed with its last word replaced by a whole one, and room for the next. Pure. */
export const withWord = (text: string, word: string): string => `${text.replace(/[A-Za-z]+$/, '')}${word} `;
