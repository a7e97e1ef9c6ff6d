/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Longest text kept in a log line, in UTF-16 units; longer ones come from peers and tell nothing more. */
export const MAX_TEXT_LENGTH = 2_048;

/** Words in a pairing code. */
const CODE_WORDS = 12;

/**
 * A run of words of three to eight letters with little between them, long enough for a pairing code: also when it is
 * typed with commas, hyphens, numbers or quotes, or with four-letter prefixes. Prose has such runs too.
 */
const WORD_RUN = /(?<![a-z])(?:[a-z]{3,8}[^a-z]{1,6}){11,}[a-z]{3,8}(?![a-z])/gi;

/** Frequent English words which are neither words of the BIP39 list nor four-letter prefixes of any: they tell prose from a code. */
const PROSE_WORDS: ReadonlySet<string> = new Set(
  (
    'after and are been both but could did does each for from had has her his how its may most nor not our out per ' +
    'should the their these those too unless via was which while who why with within without would your'
  ).split(' '),
);

/** A code with one word mistyped is still to be hidden: one such word among twelve does not make it prose. */
const MAX_PROSE_WORDS_IN_CODE = 1;

/** A ticket in its text form. */
const TICKET = /\bbowline:[^\s"'<>]+/gi;

/** `Bearer abc`, `Basic abc`: what an `authorization` header holds. */
const AUTHORIZATION = /\b(bearer|basic)\s+[\w+/=.~-]+/gi;

/** A secret handed over in a query or a fragment: `?token=abc`. */
const QUERY_SECRET =
  /([?&#;](?:[\w-]*[_-])?(?:token|ticket|secret|key|proof|words|code|passphrase|password)=)[^&#;\s"'<>]+/gi;

/** `https://user:password@host`. */
const URL_USER = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi;

/**
 * What JSON lets through but a terminal acts on, or a reader is deceived by: DEL and the C1 controls (one of them
 * begins escape sequences), line separators, and marks that turn the direction of the text.
 */
const UNSAFE_CHARACTERS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Takes every known shape of a secret out of a text, makes its invisible characters visible, and bounds its length. */
export const redactText = (text: string): string => {
  // A secret that begins within the kept part ends well within twice its length, so the cut cannot hide half of one.
  const redacted = text
    .slice(0, MAX_TEXT_LENGTH * 2)
    .replace(TICKET, `bowline:${REDACTED}`)
    .replace(AUTHORIZATION, `$1 ${REDACTED}`)
    .replace(URL_USER, `$1${REDACTED}@`)
    .replace(QUERY_SECRET, `$1${REDACTED}`)
    .replace(WORD_RUN, (run) => (mayHoldCode(run) ? REDACTED : run))
    .replace(UNSAFE_CHARACTERS, visibleForm);
  return redacted.length > MAX_TEXT_LENGTH ? `${redacted.slice(0, MAX_TEXT_LENGTH)}...` : redacted;
};

/** Whether any twelve words in a row have too few words of prose among them. */
const mayHoldCode = (run: string): boolean => {
  const isProse = (run.match(/[a-z]+/gi) ?? []).map((word) => PROSE_WORDS.has(word.toLowerCase()));
  return isProse.some((_, start) => {
    const next = isProse.slice(start, start + CODE_WORDS);
    return next.length === CODE_WORDS && next.filter(Boolean).length <= MAX_PROSE_WORDS_IN_CODE;
  });
};

const visibleForm = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
