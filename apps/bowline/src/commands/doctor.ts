import { writeFileSync } from 'node:fs';
import { type DeviceCheck, errorCode, errorMessage } from '@bowline/contracts';
import { Command } from 'commander';
import { type CommandOutcome, commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { type DaemonClient, useDaemon } from '../daemon/daemon-client.ts';
import { BundleUnwritableError } from '../errors.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { visibleText } from '../output/visible-text.ts';
import { checksWithoutDaemon, freeBytesAt, lookAround } from '../support/checks-without-daemon.ts';
import { daemonCheck, serviceCheck } from '../support/daemon-checks.ts';
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
  await using daemon = await useDaemon(dataDir, components).catch(
    (error: unknown): Unanswered => ({ error, [Symbol.asyncDispose]: async () => undefined }),
  );
  const service = serviceCheck(managerOf(options, 'silent').manager.file);
  const checks =
    'channel' in daemon ? await askedChecks(daemon.channel, service) : await ownChecks(dataDir, daemon.error, service);
  for (const check of checks) printer.result({ event: 'check', ...check }, visibleText(checkLine(check)));
  if (options.bundle !== undefined) {
    const channel = 'channel' in daemon ? daemon.channel : null;
    const nowMs = components.clock.nowMs();
    writeBundle(options.bundle, await supportBundle(channel, { checks, nowMs, dataDir }));
    printer.result(
      { event: 'bundle', file: options.bundle },
      `Written to ${options.bundle}. Look at it before you pass it on.`,
    );
  }
  return checks.some(({ result }) => result === 'failed') ? EXIT_CODES.failed : EXIT_CODES.done;
};

/** In the place of a daemon that does not answer: that is what the command is there to say. */
interface Unanswered extends AsyncDisposable {
  readonly error: unknown;
}

const askedChecks = async (channel: DaemonClient['channel'], service: DeviceCheck): Promise<readonly DeviceCheck[]> => {
  const [{ pid }, found] = await Promise.all([channel.request('describe', {}), channel.request('check', {})]);
  return [daemonCheck(pid), service, ...found.checks];
};

const ownChecks = async (dataDir: string, error: unknown, service: DeviceCheck): Promise<readonly DeviceCheck[]> => {
  const { hasDevice } = await import('@bowline/host');
  const place = { dataDir, error, hasDevice: hasDevice(dataDir), freeBytes: freeBytesAt(dataDir), ...lookAround() };
  const [daemon, ...others] = checksWithoutDaemon(place);
  return [...(daemon === undefined ? [] : [daemon]), service, ...others];
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
