import { createInterface } from 'node:readline/promises';
import { completeWord } from '@bowline/pairing-code';

/** Words offered at once; more would scroll what was typed away. */
const MAX_OFFERED = 12;

/**
 * Asks the person for the code. Tab completes the word under way, as far as the list of words allows; the ticket can
 * be pasted instead.
 */
export const askForCode = async (signal: AbortSignal): Promise<string> => {
  const prompt = createInterface({ input: process.stdin, output: process.stdout, completer: completeLine });
  try {
    return await prompt.question('The twelve words of the other device (Tab completes), or its ticket:\n> ', {
      signal,
    });
  } finally {
    prompt.close();
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
