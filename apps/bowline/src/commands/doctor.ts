import type { DeviceCheck } from '@bowline/contracts';
import { Command } from 'commander';
import { type CommandOutcome, commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { visibleText } from '../output/visible-text.ts';

export const doctorCommand = (outcome: CommandOutcome): Command =>
  withDeviceOptions(new Command('doctor'))
    .description('check what works for this device on this network, and what does not')
    .action(async (options: DeviceOptions) => {
      outcome.exitCode = await doctor(options);
    });

const doctor = async (options: DeviceOptions) => {
  const { printer, hostOptions, components } = commandContext(options);
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const { checks } = await daemon.channel.request('check', {});
  for (const check of checks) printer.result({ event: 'check', ...check }, visibleText(checkLine(check)));
  return checks.some(({ result }) => result === 'failed') ? EXIT_CODES.failed : EXIT_CODES.done;
};

const MARKS: Readonly<Record<DeviceCheck['result'], string>> = {
  ok: 'ok      ',
  warning: 'warning ',
  failed: 'FAILED  ',
  skipped: '–       ',
};

/** One check for a person, its remedy in a line of its own. */
export const checkLine = ({ name, result, sentence, remedy }: DeviceCheck): string =>
  `${MARKS[result]} ${name}: ${sentence}${remedy === null ? '' : `\n           ${remedy}`}`;
