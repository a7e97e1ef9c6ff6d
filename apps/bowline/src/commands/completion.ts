import { Argument, Command } from 'commander';
import { commandContext } from '../command-context.ts';
import { candidatesFor, unquoted } from '../completion/candidates.ts';
import { completionScript, SHELLS, type Shell } from '../completion/completion-script.ts';
import { clientOf } from '../daemon/daemon-client.ts';
import { connectDaemon } from '../daemon/daemon-connection.ts';
import { visibleText } from '../output/visible-text.ts';

export const completionCommand = (): Command =>
  new Command('completion')
    .description('print what lets your shell complete commands, options and devices')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell));
    });

/** Asked by the scripts; one candidate a line, and nothing at all when anything is wrong. */
export const completeCommand = (): Command =>
  new Command('complete')
    .helpOption(false)
    .argument('[words...]')
    .action(async (typed: readonly string[], _options: object, command: Command) => {
      const { words, isDevice, dataDir } = candidatesFor(command.parent ?? command, typed);
      const current = typed.at(-1) ?? '';
      const names = isDevice ? await deviceNames(dataDir, current) : [];
      for (const word of [...words, ...names]) process.stdout.write(`${word}\n`);
    });

/** Names of the devices a running daemon knows; without one nothing is started for the sake of a key press. */
const deviceNames = async (dataDir: string | null, current: string): Promise<readonly string[]> => {
  try {
    const { hostOptions, components } = commandContext(
      { mdns: true, tcp: true, ...(dataDir === null ? {} : { dataDir }) },
      'silent',
    );
    const socket = await connectDaemon(hostOptions.dataDir, components);
    if (socket === undefined) return [];
    await using client = await clientOf(hostOptions.dataDir, socket, components);
    const { devices } = await client.channel.request('devices', {});
    const start = unquoted(current).toLowerCase();
    const names = devices.map(({ name }) => name).filter((name) => visibleText(name) === name && !name.includes('\n'));
    return names.filter((name) => name.toLowerCase().startsWith(start));
  } catch {
    // A key press is no place for an error: the command itself tells it.
    return [];
  }
};
