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

/**
 * Asks a person at a terminal. With `--yes`, with `--json` and without a terminal nobody is asked: a script that says it
 * means it. @throws DeclinedError where the person does not agree
 */
export const requireConsent = async (
  question: string,
  { yes = false, json = false }: Pick<ConsentOptions, 'yes' | 'json'>,
  { input, output }: ConsentTerminal = { input: process.stdin, output: process.stderr },
): Promise<void> => {
  if (yes || json || input.isTTY !== true) return;
  const terminal = createInterface({ input, output });
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), ended]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new DeclinedError();
  } finally {
    terminal.close();
  }
};
