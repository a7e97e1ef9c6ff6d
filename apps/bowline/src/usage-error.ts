import type { Command, CommanderError } from 'commander';
import { WrongUseError } from './errors.ts';

/** Wrong use in one line: what is wrong, the nearest right thing, and where help is. */
export const usageError = (error: CommanderError, command: Command): WrongUseError => {
  const [what = '', ...suggestions] = error.message.replace(/^error: /, '').split('\n');
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}`.replace(/\.?$/, '.');
  const suggestion = suggestions.join(' ').replace(/^\((.*)\)$/, '$1');
  return new WrongUseError(
    [sentence, suggestion, `Help: ${fullName(command)} --help`].filter((part) => part !== '').join(' '),
  );
};

/** A command with those it belongs to, as it is typed. */
export const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
