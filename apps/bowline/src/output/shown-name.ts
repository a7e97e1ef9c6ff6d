import { cleanDisplayName, looksLikeId, MAX_NAME_CHARACTERS } from '@bowline/contracts';
import { namePhrase } from '@bowline/diagnosis/phrases';

/** A name as people see it: in quotes where it could be taken for an id, and so that it reorders nothing around it. */
export const shownName = (name: string): string => (looksLikeId(name) ? `"${name}"` : namePhrase(name));

/** What to say when a name is kept otherwise than it was given; `null` when it is kept as it is. */
export const nameNote = (given: string, kept: string): string | null => {
  const isSame = given.normalize('NFC').trim() === kept;
  if (isSame) return null;
  const isCut = cleanDisplayName(given) === kept && [...given.trim()].length > MAX_NAME_CHARACTERS;
  return isCut
    ? `A name has at most ${MAX_NAME_CHARACTERS} characters (Unicode code points; an emoji may be several). It was cut: ${kept}`
    : `Characters that are not shown, or that a terminal would act upon, were left out: ${kept}`;
};
