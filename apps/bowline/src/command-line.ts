import { errorCode, errorMessage } from '@bowline/contracts';
import { clearMemoryFromCoreDumps } from '@bowline/system-ports';
import { Command, CommanderError } from 'commander';
import type { CommandOutcome } from './command-context.ts';
import { COMMANDS } from './commands/command-list.ts';
import { completeCommand } from './commands/completion.ts';
import { WrongUseError } from './errors.ts';
import { EXIT_CODES, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { printer } from './output/printer.ts';
import { ownVersion } from './own-version.ts';
import { handSharedOptions, withSharedOptions } from './shared-options.ts';
import { usageError } from './usage-error.ts';

/** Whether anything that was printed got lost though somebody wanted it, as in a file on a full disk. */
let isOutputLost = false;

/** Whoever closed our output cannot be told; what ends because of it does so by `interruption`. */
const noteLoss = (error: Error): void => {
  if (errorCode(error) === 'EPIPE' || isOutputLost) return;
  isOutputLost = true;
  process.stderr.write(`What was printed could not be written: ${errorMessage(error)}.\n`);
  // The last of it may fail when the command has ended.
  process.exitCode = EXIT_CODES.failed;
};

/** Parses the arguments, runs the command, and tells the exit code. Errors are printed, never thrown. */
export const runCommandLine = async (args: readonly string[]): Promise<ExitCode> => {
  // The streams outlive what is run here: a program may run more than one command line.
  for (const output of [process.stdout, process.stderr]) output.off('error', noteLoss).on('error', noteLoss);
  clearMemoryFromCoreDumps();
  const outcome: CommandOutcome = { exitCode: EXIT_CODES.done };
  const wantsJson = optionsOf(args).includes('--json');
  try {
    await commandProgram(outcome, { isQuiet: wantsJson }).parseAsync(args, { from: 'user' });
    return isOutputLost && outcome.exitCode === EXIT_CODES.done ? EXIT_CODES.failed : outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.done;
    // A command is missing, and its help was printed instead of a sentence.
    if (error instanceof CommanderError && !wantsJson) return EXIT_CODES.wrongUse;
    const failure =
      error instanceof CommanderError ? new WrongUseError('A command is missing. Help: bowline --help') : error;
    printer(wantsJson).failure(failure);
    return exitCodeOf(failure);
  }
};

/** What stands behind `--` is no option. */
const optionsOf = (args: readonly string[]): readonly string[] => {
  const end = args.indexOf('--');
  return end === -1 ? args : args.slice(0, end);
};

/** All commands under one name. @param isQuiet whether help that nobody asked for is left out */
export const commandProgram = (outcome: CommandOutcome, { isQuiet = false } = {}): Command => {
  const program = withSharedOptions(new Command('bowline'))
    .description('Pairs your devices with twelve words and keeps them reachable.')
    .version(ownVersion(), '-V, --version', 'print the version')
    // What is wrong is told in one line by whoever runs the program.
    .configureOutput({ outputError: () => undefined, ...(isQuiet ? { writeErr: () => undefined } : {}) })
    .enablePositionalOptions()
    .hook('preAction', (_program, command) => handSharedOptions(command));
  for (const command of COMMANDS) program.addCommand(inherit(command(outcome), program));
  program.addCommand(inherit(completeCommand(), program), { hidden: true });
  return withUsageErrors(program);
};

const inherit = (command: Command, program: Command): Command => {
  for (const nested of command.commands) inherit(nested, program);
  if (command.commands.length > 0) withSharedOptions(command);
  return command.copyInheritedSettings(program);
};

/** Every command throws its own errors, so that they name it. */
const withUsageErrors = (command: Command): Command => {
  for (const nested of command.commands) withUsageErrors(nested);
  return command.exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    throw usageError(error, command);
  });
};
