import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { DeviceOptions } from './command-context.ts';
import { DeclinedError } from './errors.ts';

/** Options of a command that takes something away. */
export interface ConsentOptions extends DeviceOptions {
  readonly yes?: boolean;
}

/** Where a person is asked. */
export interface ConsentTerminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

export const withConsentOption = (command: Command): Command => command.option('--yes', 'do not ask');

/** Asks a person at a terminal; `null` without one. The end of the terminal is a no. */
export const hasConsent = async (
  question: string,
  { input, output }: ConsentTerminal = { input: process.stdin, output: process.stderr },
): Promise<boolean | null> => {
  if (input.isTTY !== true) return null;
  const terminal = createInterface({ input, output });
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
};

/**
 * Asks before something is taken away. With `--yes`, with `--json` and without a terminal nobody is asked: a script that
 * says it means it. @throws DeclinedError where the person does not agree
 */
export const requireConsent = async (
  question: string,
  { yes = false, json = false }: Pick<ConsentOptions, 'yes' | 'json'>,
  terminal?: ConsentTerminal,
): Promise<void> => {
  if (yes || json) return;
  if ((await hasConsent(question, terminal)) === false) throw new DeclinedError();
};
