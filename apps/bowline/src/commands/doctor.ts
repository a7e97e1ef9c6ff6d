import { writeFileSync } from 'node:fs';
import type { DeviceCheck } from '@bowline/contracts';
import { errorCode, errorMessage } from '@bowline/contracts';
import { Command } from 'commander';
import { type CommandOutcome, commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { BundleUnwritableError } from '../errors.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { visibleText } from '../output/visible-text.ts';
import { daemonChecks } from '../support/daemon-checks.ts';
import { supportBundle } from '../support/support-bundle.ts';
import { managerOf } from './service.ts';

interface DoctorOptions extends DeviceOptions {
  readonly bundle?: string;
}

export const doctorCommand = (outcome: CommandOutcome): Command =>
  withDeviceOptions(new Command('doctor'))
    .description('check what works for this device on this network, and what does not')
    .option(
      '--bundle <file>',
      'also write what somebody else needs to find a fault, without names, addresses and secrets',
    )
    .action(async (options: DoctorOptions) => {
      outcome.exitCode = await doctor(options);
    });

const doctor = async (options: DoctorOptions) => {
  const { printer, hostOptions, components } = commandContext(options);
  const { dataDir } = hostOptions;
  await using daemon = await useDaemon(dataDir, components);
  const [{ pid }, found] = await Promise.all([
    daemon.channel.request('describe', {}),
    daemon.channel.request('check', {}),
  ]);
  const serviceFile = managerOf(options).manager.file;
  const checks = [...daemonChecks({ pid, ownPid: process.pid, serviceFile }), ...found.checks];
  for (const check of checks) printer.result({ event: 'check', ...check }, visibleText(checkLine(check)));
  if (options.bundle !== undefined) {
    const nowMs = components.clock.nowMs();
    writeBundle(options.bundle, await supportBundle(daemon.channel, { checks, nowMs, dataDir }));
    printer.result(
      { event: 'bundle', file: options.bundle },
      `Written to ${options.bundle}. Look at it before you pass it on.`,
    );
  }
  return checks.some(({ result }) => result === 'failed') ? EXIT_CODES.failed : EXIT_CODES.done;
};

/** Nothing that is there is written over. */
const writeBundle = (file: string, bundle: object): void => {
  try {
    writeFileSync(file, `${JSON.stringify(bundle, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new BundleUnwritableError(file, errorCode(error) === 'EEXIST' ? 'it is there already' : errorMessage(error));
  }
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
