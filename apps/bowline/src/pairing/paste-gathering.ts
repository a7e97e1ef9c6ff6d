import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Cancel, Clock } from '@bowline/contracts';
import { formatTicket, MAX_CODE_CHARACTERS, parseCode, wordsOfEntropy } from '@bowline/pairing-code';

/** Asks the terminal to put marks around what is pasted, and no longer. */
export const BRACKETED_PASTE = { on: '\u001b[?2004h', off: '\u001b[?2004l' } as const;

const PASTE_BEGINS = '\u001b[200~';
const PASTE_ENDS = '\u001b[201~';

/** How long more may follow a line break: a terminal hands a paste over in pieces, a person needs longer for one key. */
const TOGETHER_MS = 40;

/** Stands for a line break in the one line that is edited. */
const SHOWN_BREAK = '⏎';

/** Text as it was pasted, of the line that {@link gatherPaste} made of it. */
export const withLineBreaks = (line: string): string => line.replaceAll(new RegExp(` ?${SHOWN_BREAK} ?`, 'g'), '\n');

/** The code alone where there is one, else the text in one line. */
const shownPaste = (text: string): string => {
  try {
    const code = parseCode(text);
    return code.kind === 'ticket' ? formatTicket(code.ticket, { includeTokens: true }) : wordsOfEntropy(code.entropy);
  } catch {
    // It may be a part of a code, or have a mistake: the person sees it, and is told when it is entered.
    return text
      .trim()
      .replace(/[ \t]*(?:\r\n?|\n)[ \t]*/g, ` ${SHOWN_BREAK} `)
      .replaceAll('\t', ' ')
      .replace(/\p{Cc}/gu, '');
  }
};

/** Keys with a meaning of their own come alone; a tab among other text was pasted. */
const withoutTabs = (text: string): string =>
  text.length > 1 && !text.startsWith('\u001b') ? text.replaceAll('\t', ' ') : text;

/** What a terminal offers to whoever reads single keys. */
interface KeyInput extends NodeJS.ReadableStream {
  setRawMode?: (mode: boolean) => unknown;
}

/** The keys of a terminal, with what was pasted made one line. */
export interface GatheredInput {
  readonly stream: PassThrough;
  /** Leaves the terminal to others. */
  readonly stop: () => void;
}

/**
 * Gathers what is pasted at a prompt, told by the terminal's marks or by lines that arrive together, and puts it on the line
 * in one piece: its line breaks do not enter it. A line that was broken off at the end is entered, as the person meant.
 */
export const gatherPaste = (input: KeyInput, clock: Clock): GatheredInput => {
  const decoder = new StringDecoder('utf8');
  const stream = Object.assign(new PassThrough(), { setRawMode: (mode: boolean) => input.setRawMode?.(mode) });
  /** What came since a line break, or since the mark of a paste. */
  let held = '';
  let isMarked = false;
  let unfinished = '';
  let cancelTimer: Cancel | undefined;

  const hold = (text: string): void => {
    held = `${held}${text}`.slice(0, MAX_CODE_CHARACTERS + 1);
  };

  const release = (): void => {
    cancelTimer = undefined;
    const text = held.replace(/[\r\n]+$/, '');
    const isEntered = text.length < held.length;
    held = '';
    stream.write(`${/[\r\n]/.test(text) ? shownPaste(text) : withoutTabs(text)}${isEntered ? '\r' : ''}`);
  };

  const onTyped = (text: string): void => {
    if (text === '') return;
    if (cancelTimer === undefined && !/[\r\n]/.test(text)) {
      stream.write(withoutTabs(text));
      return;
    }
    hold(text);
    cancelTimer?.();
    cancelTimer = clock.setTimer(TOGETHER_MS, release);
  };

  const onMarked = (text: string): string => {
    const end = text.indexOf(PASTE_ENDS);
    if (end < 0) {
      unfinished = endingLike(text, PASTE_ENDS);
      hold(text.slice(0, text.length - unfinished.length));
      return '';
    }
    hold(text.slice(0, end));
    stream.write(shownPaste(held));
    held = '';
    isMarked = false;
    return text.slice(end + PASTE_ENDS.length);
  };

  const onUnmarked = (text: string): string => {
    const begin = text.indexOf(PASTE_BEGINS);
    if (begin < 0) {
      unfinished = endingLike(text, PASTE_BEGINS);
      onTyped(text.slice(0, text.length - unfinished.length));
      return '';
    }
    onTyped(text.slice(0, begin));
    if (cancelTimer !== undefined) {
      cancelTimer();
      release();
    }
    isMarked = true;
    return text.slice(begin + PASTE_BEGINS.length);
  };

  const onData = (chunk: Buffer | string): void => {
    let text = unfinished + (typeof chunk === 'string' ? chunk : decoder.write(chunk));
    unfinished = '';
    while (text !== '') text = isMarked ? onMarked(text) : onUnmarked(text);
  };

  const onEnd = (): void => {
    if (cancelTimer !== undefined) {
      cancelTimer();
      release();
    }
    stream.end();
  };

  input.on('data', onData);
  input.once('end', onEnd);
  return {
    stream,
    stop: () => {
      cancelTimer?.();
      input.off('data', onData);
      input.off('end', onEnd);
      input.pause();
      stream.end();
    },
  };
};

/** The end of `text` that may be the beginning of `mark`: three characters at least, for fewer are a key. */
const endingLike = (text: string, mark: string): string => {
  for (let length = Math.min(text.length, mark.length - 1); length >= 3; length -= 1) {
    if (mark.startsWith(text.slice(-length))) return text.slice(-length);
  }
  return '';
};
