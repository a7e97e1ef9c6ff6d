import { escapeUnseen } from '@bowline/diagnosis/phrases';

/** Text that is isolated from what is around it, which is what keeps a name in its place. */
const ISOLATED = /\u2068([^\u202a-\u202e\u2066-\u2069\n]*)\u2069/u;

/**
 * Text with everything a terminal would act upon written as `\u001b`: what another device said can neither move the
 * cursor nor pass for something else. Inside JSON it means the same as before. Isolates that are whole stay: whoever put them there,
 * they change no more than the order of what is in them.
 */
export const visibleText = (text: string): string =>
  text
    .split(ISOLATED)
    .map((part, index) => (index % 2 === 0 ? escapeUnseen(part) : `\u2068${escapeUnseen(part)}\u2069`))
    .join('');

/** A path likewise, with its line breaks: it stays in its line, so that no name passes for another sentence. */
export const visiblePath = (path: string): string => escapeUnseen(path).replaceAll('\n', '\\u000a');
