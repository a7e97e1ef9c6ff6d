import { createInterface } from 'node:readline/promises';
import { BowlineError, type Clock } from '@bowline/contracts';
import { completeWord, PairingCodeInvalidError, parseCode } from '@bowline/pairing-code';
import { systemClock } from '@bowline/system-ports';
import { NothingEnteredError } from '../errors.ts';
import { BRACKETED_PASTE, gatherPaste, withLineBreaks } from './paste-gathering.ts';

/** Words offered at once; more would scroll what was typed away. */
const MAX_OFFERED = 12;

/** Where the code is asked for; a terminal on both sides. */
export interface AskedTerminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks the person for the code until it is one: words with a mistake are put back on the line, to be mended rather than
 * typed again. Tab completes the word under way, as far as the list of words allows. What is pasted may have lines: words in
 * a table or one a line, a ticket with other text around it.
 */
export const askForCode = async (
  signal: AbortSignal,
  { input, output }: AskedTerminal = { input: process.stdin, output: process.stdout },
  clock: Clock = systemClock,
): Promise<string> => {
  const gathered = gatherPaste(input, clock);
  if (output.isTTY === true) output.write(BRACKETED_PASTE.on);
  const prompt = createInterface({ input: gathered.stream, output, completer: completeLine, terminal: true });
  // Input that ends, by Ctrl-D or Ctrl-C, ends the question too: readline alone would leave it open for ever.
  const closed = new AbortController();
  prompt.once('close', () => closed.abort());
  const isOver = AbortSignal.any([signal, closed.signal]);
  let question = 'The twelve words of the other device (Tab completes), or its ticket:\n> ';
  let typed = '';
  try {
    for (;;) {
      const answer = prompt.question(question, { signal: isOver });
      prompt.write(typed);
      const code = withLineBreaks(await answer);
      const mistake = mistakeIn(code);
      if (mistake === null) return code;
      question = `${mistake.message}\n> `;
      typed =
        mistake instanceof PairingCodeInvalidError && mistake.problem !== 'too-long' ? code.replaceAll('\n', ' ') : '';
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    throw new NothingEnteredError();
  } finally {
    prompt.close();
    gathered.stop();
    if (output.isTTY === true) output.write(BRACKETED_PASTE.off);
  }
};

const mistakeIn = (code: string): BowlineError | null => {
  try {
    parseCode(code);
    return null;
  } catch (error) {
    if (error instanceof BowlineError) return error;
    throw error;
  }
};

/** What readline asks for: the ways the end of the line could go on, and the part they would replace. */
export const completeLine = (line: string): [completions: string[], completed: string] => {
  const typed = /[a-z]*$/i.exec(line)?.[0] ?? '';
  if (typed === '') return [[], ''];
  const words = completeWord(typed.toLowerCase(), MAX_OFFERED);
  const [only, ...others] = words;
  return [only !== undefined && others.length === 0 ? [`${only} `] : [...words], typed];
};
