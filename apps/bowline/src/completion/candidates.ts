import type { Command } from 'commander';

/** Arguments of commands that are devices, by their name. */
const DEVICE_ARGUMENT = 'device';

/** What the word under the cursor may become. */
export interface Candidates {
  readonly words: readonly string[];
  /** Whether it may also be a device. */
  readonly isDevice: boolean;
  /** The data directory that was typed already. */
  readonly dataDir: string | null;
}

/** @param typed what stands behind `bowline`, the word under the cursor last */
export const candidatesFor = (program: Command, typed: readonly string[]): Candidates => {
  const current = unquoted(typed.at(-1) ?? '');
  const waiting = typed.slice(0, -1).map(unquoted);
  let command = program;
  let given = 0;
  let dataDir: string | null = null;
  for (let word = waiting.shift(); word !== undefined; word = waiting.shift()) {
    if (word.startsWith('-')) {
      const [flag = '', inline] = word.split(/=(.*)/s);
      const option = command.options.find(({ long, short }) => long === flag || short === flag);
      if (option === undefined || !(option.required || option.optional)) continue;
      const value = inline ?? waiting.shift();
      // The word under the cursor is the option's value, of which nothing is known here.
      if (value === undefined) return { words: [], isDevice: false, dataDir };
      if (option.long === '--data-dir') dataDir = value;
      continue;
    }
    const nested = command.commands.find((each) => each.name() === word);
    if (nested === undefined) given += 1;
    else command = nested;
  }
  const fits = (words: readonly string[]) => words.filter((word) => word.startsWith(current));
  const visible = command.createHelp().visibleOptions(command);
  if (current.startsWith('-')) {
    return { words: fits(visible.flatMap(({ long }) => (long ? [long] : []))), isDevice: false, dataDir };
  }
  const nested = command.createHelp().visibleCommands(command);
  if (nested.length > 0 && given === 0)
    return { words: fits(nested.map((each) => each.name())), isDevice: false, dataDir };
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[given] ?? (last?.variadic === true ? last : undefined);
  return { words: fits(argument?.argChoices ?? []), isDevice: argument?.name() === DEVICE_ARGUMENT, dataDir };
};

/** A word as the shell would give it to a command; what is not closed yet counts as closed. */
export const unquoted = (word: string): string => {
  const quote = word[0];
  if (quote === "'") return word.slice(1).replace(/'$/, '');
  if (quote === '"')
    return word
      .slice(1)
      .replace(/"$/, '')
      .replaceAll(/\\(["\\$`])/g, '$1');
  return word.replaceAll(/\\(.)/g, '$1');
};
