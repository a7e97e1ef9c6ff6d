import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { DeviceOptions } from './command-context.ts';
import { DeclinedError } from './errors.ts';

/** Options of a command that takes something away. */
export interface ConsentOptions extends DeviceOptions {
  readonly yes?: boolean;
}

export const withConsentOption = (command: Command): Command => command.option('--yes', 'do not ask');

/**
 * Asks a person at a terminal. With `--yes`, with `--json` and without a terminal nobody is asked: a script that says it
 * means it. @throws DeclinedError where the person does not agree
 */
export const requireConsent = async (
  question: string,
  { yes = false, json = false }: ConsentOptions,
): Promise<void> => {
  if (yes || json || !process.stdin.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    if (!/^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())) throw new DeclinedError();
  } finally {
    terminal.close();
  }
};
