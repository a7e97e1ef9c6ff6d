import { BowlineError } from '@bowline/contracts';

/**
 * What is wrong with typed words.
 *
 * - `empty`: nothing was typed.
 * - `too-long`: far more text than twelve words.
 * - `no-code`: other text, with neither words nor a ticket in it.
 * - `word-count`: not twelve words.
 * - `other-list`: words of another BIP39 list.
 * - `unknown-word`: one or more words are on no list.
 * - `checksum`: twelve good words that do not belong together.
 * - `several`: words that are a code in more than one order, or more than one code.
 */
export type CodeProblem =
  | 'empty'
  | 'too-long'
  | 'no-code'
  | 'word-count'
  | 'other-list'
  | 'unknown-word'
  | 'checksum'
  | 'several';

/** One word that is not on the list. */
export interface WrongWord {
  /** 1 for the first word. */
  readonly position: number;
  /** The nearest words of the list, best first, at most three; may be empty. */
  readonly suggestions: readonly string[];
}

/** More about the problem, for a caller that points at places in an input field. */
export interface CodeProblemDetail {
  readonly wordCount?: number;
  readonly wrongWords?: readonly WrongWord[];
  /** Display name of the list the words are from. */
  readonly language?: string;
}

const sentenceFor = (wrong: WrongWord): string => {
  const [first, ...others] = wrong.suggestions;
  if (first === undefined) return `word ${wrong.position} is not on the list`;
  const nearest = [first, ...others].map((word) => `"${word}"`).join(' or ');
  return `word ${wrong.position} is not on the list, did you mean ${nearest}`;
};

const counted = (count: number): string => (count === 1 ? '1 was' : `${count} were`);

const messageFor = (problem: CodeProblem, detail: CodeProblemDetail): string => {
  switch (problem) {
    case 'empty':
      return 'No code was given. Type the twelve words shown on the other device, or paste its ticket.';
    case 'too-long':
      return 'That is too long for a code. Type only the twelve words shown on the other device, or paste its ticket.';
    case 'no-code':
      return 'There is no code in that text. Type the twelve words shown on the other device, or paste its ticket, which begins with "bowline:".';
    case 'word-count':
      return `A code has twelve words, but ${counted(detail.wordCount ?? 0)} given. Check for a missing or an extra word.`;
    case 'other-list':
      return `These are ${detail.language ?? 'other'} words, but a code is made of English ones. Type the words exactly as the other device shows them.`;
    case 'unknown-word':
      return `The code has a mistake: ${(detail.wrongWords ?? []).slice(0, 3).map(sentenceFor).join('; ')}? Correct it and try again.`;
    case 'checksum':
      return 'All twelve words exist, but they do not belong together: one of them is a different word, or two changed places. Compare them with the other device.';
    case 'several':
      return 'These words can be read as more than one code. Type the twelve words in one line, in the order in which the other device numbers them.';
  }
};

/**
 * Typed words that are no code. The message is for the person who typed them: it names positions and the nearest
 * words, so it belongs on that person's screen and not in a log.
 */
export class PairingCodeInvalidError extends BowlineError {
  override readonly name = 'PairingCodeInvalidError';
  readonly problem: CodeProblem;

  constructor(problem: CodeProblem, detail: CodeProblemDetail = {}) {
    super({ code: 'PAIRING_CODE_INVALID', message: messageFor(problem, detail), data: { problem, ...detail } });
    this.problem = problem;
  }
}

/** What is wrong with a ticket; `expired` is never among them, the offering device decides about that. */
export type TicketProblem = 'too-long' | 'damaged' | 'not-a-ticket' | 'fields';

const TICKET_SENTENCES: Readonly<Record<TicketProblem, string>> = {
  'too-long': 'it is longer than any ticket',
  damaged: 'it is damaged or was cut when it was copied',
  'not-a-ticket': 'it is not a Bowline ticket',
  fields: 'its fields are not what a ticket holds',
};

/** A text that looks like a ticket and is none. */
export class TicketInvalidError extends BowlineError {
  override readonly name = 'TicketInvalidError';
  readonly problem: TicketProblem;

  constructor(problem: TicketProblem, cause?: unknown) {
    super({
      code: 'TICKET_INVALID',
      message: `The ticket cannot be used: ${TICKET_SENTENCES[problem]}. Copy it again from the other device, or type its twelve words.`,
      data: { problem },
      ...(cause === undefined ? {} : { cause }),
    });
    this.problem = problem;
  }
}

/** A sound ticket of a version this software does not know. */
export class TicketNewerError extends BowlineError {
  override readonly name = 'TicketNewerError';

  constructor(version: number) {
    super({
      code: 'TICKET_NEWER',
      message:
        'This ticket was made by a newer Bowline. Update Bowline on this device, or type the twelve words instead.',
      data: { version },
    });
  }
}
