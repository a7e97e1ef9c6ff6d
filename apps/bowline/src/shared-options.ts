import type { Command } from 'commander';
import { WrongUseError } from './errors.ts';
import { fullName } from './usage-error.ts';

interface SharedOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

const DATA_DIR = '--data-dir <dir>';

/** Options that may stand before the command they are for: added to the program and to every group of commands. */
export const withSharedOptions = (group: Command): Command =>
  group.option(DATA_DIR, 'folder of the device (BOWLINE_DATA_DIR)').option('--json', 'print JSON, one object a line');

/** Hands on what stood before the command; what stands behind it wins. @throws WrongUseError */
export const handSharedOptions = (command: Command): void => {
  for (let group = command.parent; group !== null; group = group.parent) {
    const { dataDir, json } = group.opts<SharedOptions>();
    if (json === true) command.setOptionValue('json', true);
    if (dataDir === undefined) continue;
    if (!command.options.some(({ flags }) => flags === DATA_DIR)) {
      throw new WrongUseError(`"${fullName(command)}" is not about a device, so it takes no --data-dir.`);
    }
    if (command.opts<SharedOptions>().dataDir === undefined) command.setOptionValue('dataDir', dataDir);
  }
};
