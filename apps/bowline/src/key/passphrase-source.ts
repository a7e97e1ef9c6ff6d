import type { PassphraseQuestion } from '@bowline/host';
import { NoPassphraseError } from '../errors.ts';
import { askForPassphrase } from './ask-for-passphrase.ts';
import { readPassphrase } from './read-passphrase.ts';

/** Where one passphrase of a command comes from. */
export interface PassphraseOrigin {
  /** File descriptor it is read from, where one is given. */
  readonly descriptor: number | undefined;
  /** The option that names it. */
  readonly flag: string;
  /** What a person is asked. */
  readonly question: string;
}

/**
 * Answers a passphrase from its descriptor, or from whoever sits at the terminal. Asked again, it answers the same: a
 * command may try more than once to open a device that is busy.
 */
export const passphraseSource = (
  { descriptor, flag, question }: PassphraseOrigin,
  hasTerminal: boolean = process.stdin.isTTY,
): ((asked: PassphraseQuestion) => Promise<string>) => {
  let answer: Promise<string> | undefined;
  return ({ isNew }) => {
    answer ??=
      descriptor === undefined
        ? hasTerminal
          ? askForPassphrase(question, { isNew })
          : Promise.reject(new NoPassphraseError(flag))
        : readPassphrase(descriptor, flag);
    return answer;
  };
};
