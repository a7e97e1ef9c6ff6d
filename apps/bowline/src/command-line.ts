import { Command, CommanderError } from 'commander';
import { backupCommand } from './commands/backup.ts';
import { demoCommand } from './commands/demo.ts';
import { devicesCommand } from './commands/devices.ts';
import { eventsCommand } from './commands/events.ts';
import { joinCommand } from './commands/join.ts';
import { reconnectCommand, renameCommand, unpairCommand } from './commands/manage-device.ts';
import { messagesCommand } from './commands/messages.ts';
import { pairCommand } from './commands/pair.ts';
import { pingCommand } from './commands/ping.ts';
import { relayCommand } from './commands/relay.ts';
import { sendCommand } from './commands/send.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { workerCommand } from './commands/worker.ts';
import { EXIT_CODES, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { printer } from './output/printer.ts';

/** Parses the arguments, runs the command, and tells the exit code. Errors are printed, never thrown. */
export const runCommandLine = async (args: readonly string[]): Promise<ExitCode> => {
  // Whoever closed our output cannot be told; what ends because of it does so by `interruption`.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const outcome: { exitCode: ExitCode } = { exitCode: EXIT_CODES.done };
  const program = new Command('bowline')
    .description('Pairs your devices with twelve words and keeps them reachable.')
    .exitOverride()
    .showHelpAfterError()
    .enablePositionalOptions();
  const commands = [
    upCommand,
    pairCommand,
    joinCommand,
    devicesCommand,
    statusCommand,
    eventsCommand,
    pingCommand,
    sendCommand,
    messagesCommand,
    reconnectCommand,
    renameCommand,
    unpairCommand,
    backupCommand,
    relayCommand,
    workerCommand,
    demoCommand,
  ];
  for (const command of commands) program.addCommand(inherit(command(outcome), program));
  try {
    await program.parseAsync(args, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.wrongUse;
    printer(args.includes('--json')).failure(error);
    return exitCodeOf(error);
  }
};

const inherit = (command: Command, program: Command): Command => {
  for (const nested of command.commands) inherit(nested, program);
  return command.copyInheritedSettings(program);
};
