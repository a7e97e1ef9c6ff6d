import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { NothingEnteredError, PassphraseDiffersError } from '../errors.ts';

/** Where a passphrase is asked for. */
export interface PassphraseTerminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
}

/** Not stdout, which may be read by a program. */
const OWN_TERMINAL: PassphraseTerminal = { input: process.stdin, output: process.stderr };

/**
 * Asks for a passphrase without showing what is typed. One that is set is asked for twice.
 * @throws NothingEnteredError, PassphraseDiffersError
 */
export const askForPassphrase = async (
  question: string,
  { isNew }: { readonly isNew: boolean },
  terminal: PassphraseTerminal = OWN_TERMINAL,
): Promise<string> => {
  const passphrase = await askUnseen(`${question}: `, terminal);
  if (passphrase === '') throw new NothingEnteredError();
  if (isNew && (await askUnseen('The same again: ', terminal)) !== passphrase) throw new PassphraseDiffersError();
  return passphrase;
};

const askUnseen = (question: string, { input, output }: PassphraseTerminal): Promise<string> =>
  new Promise((resolve, reject) => {
    output.write(question);
    // The line is edited as any other; it is only never drawn.
    const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
    const line = createInterface({ input, output: unseen, terminal: true, historySize: 0 });
    let typed: string | undefined;
    line.once('line', (text) => {
      typed = text;
      line.close();
    });
    line.once('SIGINT', () => line.close());
    line.once('close', () => {
      output.write('\n');
      if (typed === undefined) reject(new NothingEnteredError());
      else resolve(typed);
    });
  });
