import { ENGLISH_WORDS } from './word-list.ts';

/**
 * The words that begin with what was typed so far, in the list's order, for a prompt that completes word by word.
 * Case and surrounding space do not matter; nothing typed completes to nothing.
 *
 * @param limit most words returned. @defaultValue 8
 */
export const completeWord = (prefix: string, limit = 8): readonly string[] => {
  const typed = prefix.trim().toLowerCase();
  if (typed === '') return [];
  const matches: string[] = [];
  for (const word of ENGLISH_WORDS) {
    if (matches.length === limit) break;
    if (word.startsWith(typed)) matches.push(word);
  }
  return matches;
};
