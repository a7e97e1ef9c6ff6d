import type { DeviceCheck } from '@bowline/contracts';
import type { HostComponents, HostOptions } from '@bowline/host';
import { Command } from 'commander';
import { type CommandOutcome, commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { type DaemonClient, useDaemon } from '../daemon/daemon-client.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { ownCommand } from '../output/own-command.ts';
import { visibleText } from '../output/visible-text.ts';
import { checksWithoutDaemon } from '../support/checks-without-daemon.ts';
import { daemonCheck } from '../support/daemon-check.ts';
import { lookAtFamilies, lookAtPlace } from '../support/look-at-place.ts';
import { type DevicePlace, placeChecks } from '../support/place-checks.ts';
import { serviceCheck } from '../support/service-check.ts';
import { supportBundle } from '../support/support-bundle.ts';
import { writeBundle } from '../support/write-bundle.ts';
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
  const place = lookAtPlace(dataDir);
  await using daemon = await useDaemon(dataDir, components).catch(unanswered);
  const [service, asked] = await Promise.all([
    serviceCheck(managerOf(options, 'silent').manager, ownCommand(dataDir)),
    'channel' in daemon ? askedChecks(daemon.channel).catch(unanswered) : daemon,
  ]);
  const checks = Array.isArray(asked)
    ? withPlace(asked, [service, ...placeChecks(place)])
    : withPlace(await ownChecks({ ...place, error: asked.error }, hostOptions, components), [service]);
  for (const check of checks) printer.result({ event: 'check', ...check }, visibleText(checkLine(check)));
  if (options.bundle !== undefined) {
    const channel = 'channel' in daemon && Array.isArray(asked) ? daemon.channel : null;
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

const unanswered = (error: unknown): Unanswered => ({ error, [Symbol.asyncDispose]: async () => undefined });

const askedChecks = async (channel: DaemonClient['channel']): Promise<DeviceCheck[]> => {
  const [{ pid }, found] = await Promise.all([channel.request('describe', {}), channel.request('check', {})]);
  return [daemonCheck(pid), ...found.checks];
};

const ownChecks = async (
  place: DevicePlace & { readonly error: unknown },
  options: HostOptions,
  components: HostComponents,
): Promise<readonly DeviceCheck[]> => {
  const { examineStoredDevice, hasDevice } = await import('@bowline/host');
  const isKnown = hasDevice(place.dataDir);
  const storeError =
    isKnown && place.problem === null ? await examineStoredDevice(options, components).catch(asItIs) : null;
  return checksWithoutDaemon({
    ...place,
    hasDevice: isKnown,
    storeError: storeError ?? null,
    families: lookAtFamilies(),
  });
};

const asItIs = (error: unknown): unknown => error;

/** What was looked at here stands behind the daemon, which is first. */
const withPlace = (
  [daemon, ...others]: readonly DeviceCheck[],
  seen: readonly DeviceCheck[],
): readonly DeviceCheck[] => [...(daemon === undefined ? [] : [daemon]), ...seen, ...others];

const MARKS: Readonly<Record<DeviceCheck['result'], string>> = {
  ok: 'ok      ',
  warning: 'warning ',
  failed: 'FAILED  ',
  skipped: '–       ',
};

/** One check for a person, its remedy in a line of its own. */
export const checkLine = ({ name, result, sentence, remedy }: DeviceCheck): string =>
  `${MARKS[result]} ${name}: ${sentence}${remedy === null ? '' : `\n           ${remedy}`}`;
