import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import {
  BowlineError,
  type Cancel,
  type Clock,
  errorCode,
  type PushResult,
  type PushSkipped,
} from '@bowline/contracts';
import { Command } from 'commander';
import {
  aborted,
  type CommandContext,
  type CommandOutcome,
  commandContext,
  type DeviceOptions,
  interruption,
  withDeviceOptions,
} from '../command-context.ts';
import { type DaemonClient, isDaemonRunning, openDaemon, useDaemon } from '../daemon/daemon-client.ts';
import { whileBusy } from '../daemon/while-busy.ts';
import { DeviceUnreachedError, NotReceivingError, PushEndedError } from '../errors.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { byteCount } from '../output/byte-count.ts';
import { type Progress, progressOn } from '../output/progress.ts';
import { filesOf, pushProgressText } from '../output/push-progress.ts';
import { visiblePath } from '../output/visible-text.ts';

/** Between two looks at how far it is, milliseconds. */
const LOOK_MS = 500;

/** How long a daemon that went away is waited for, milliseconds: a restart takes seconds. */
const DAEMON_PATIENCE_MS = 60_000;

/** The daemon went away, or was about to. */
const DAEMON_GONE: ReadonlySet<string | undefined> = new Set([
  'ABORT_ERR',
  'CHANNEL_CLOSED',
  'DAEMON_NOT_RUNNING',
  'HOST_NOT_RUNNING',
  'SERVICES_STOPPED',
]);

export const pushCommand = (outcome: CommandOutcome): Command =>
  withDeviceOptions(new Command('push'))
    .description(
      'send files and folders into the folder that a paired device has chosen; again, it sends what is missing',
    )
    .usage('[options] <path...> <device>')
    .argument('<path>', 'file or folder; more may follow')
    .argument('<device...>', 'last: name, id or beginning of an id')
    .action(async (path: string, others: readonly string[], options: DeviceOptions) => {
      const device = others.at(-1) ?? '';
      const paths = [path, ...others.slice(0, -1)].map((each) => resolve(each));
      const context = commandContext(options);
      const { printer } = context;
      try {
        const result = await push(context, device, paths);
        for (const each of result.savedAs) {
          printer.result(
            { event: 'savedAs', ...each },
            `${visiblePath(each.path)} is called ${visiblePath(each.savedAs)} there.`,
          );
        }
        for (const each of result.skipped) {
          printer.result(
            { event: 'skipped', ...each },
            `${visiblePath(each.path)} was left out: ${SKIPPED[each.reason]}.`,
          );
        }
        const { files, bytes, elapsedMs } = result;
        const seconds = Math.round(elapsedMs / 100) / 10;
        printer.result(
          { event: 'pushed', files, bytes, elapsedMs },
          `Pushed ${filesOf(files)} (${byteCount(bytes)}) in ${seconds} s.`,
        );
      } catch (error) {
        const told = worded(error, device);
        if (printer.isJson && told instanceof BowlineError) {
          printer.result({ event: 'failed', code: told.code, reason: told.message }, null);
        } else {
          printer.failure(told);
        }
        outcome.exitCode = exitCodeOf(told);
      }
    });

/** Asks the daemon, and asks again when it was started anew meanwhile. */
const push = async (
  { hostOptions, components, printer }: CommandContext,
  device: string,
  paths: readonly string[],
): Promise<PushResult> => {
  const signal = interruption();
  const progress = progressOn(process.stderr, components.clock, printer.isJson);
  const open = () => openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
  let client = await open();
  try {
    for (;;) {
      try {
        return await pushOnce(client, { device, paths, signal, progress, clock: components.clock });
      } catch (error) {
        if (signal.aborted) throw new PushEndedError();
        if (client.isTemporary || !DAEMON_GONE.has(errorCode(error))) throw error;
        await client[Symbol.asyncDispose]();
        progress.say('Waiting for the daemon to come back');
        await daemonBack(hostOptions.dataDir, components, signal);
        client = await whileBusy(components.clock, () => useDaemon(hostOptions.dataDir, components), signal);
      }
    }
  } finally {
    progress.stop();
    await client[Symbol.asyncDispose]();
  }
};

/** Resolves when a daemon runs again, or has not for too long. */
const daemonBack = async (
  dataDir: string,
  components: CommandContext['components'],
  signal: AbortSignal,
): Promise<void> => {
  const { clock } = components;
  const untilMs = clock.monotonicMs() + DAEMON_PATIENCE_MS;
  while (!signal.aborted && clock.monotonicMs() < untilMs) {
    if (await isDaemonRunning(dataDir, components).catch(() => false)) return;
    const pause = new Promise<void>((done) => {
      clock.setTimer(LOOK_MS, done);
    });
    await Promise.race([pause, aborted(signal)]);
  }
};

interface PushOnce {
  readonly device: string;
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly clock: Clock;
}

const pushOnce = async (
  { channel }: DaemonClient,
  { device, paths, signal, progress, clock }: PushOnce,
): Promise<PushResult> => {
  const pushId = randomUUID();
  let cancel: Cancel = () => undefined;
  const text = pushProgressText(device);
  const look = async (): Promise<void> => {
    const { progress: now } = await channel.request('pushProgress', { pushId });
    if (now !== null) progress.say(text.of(now, clock.monotonicMs()));
    lookLater();
  };
  const lookLater = (): void => {
    // Where the daemon went away, the push itself says so.
    cancel = clock.setTimer(LOOK_MS, () => void look().catch(() => undefined));
  };
  progress.say(`Looking at what is to be pushed`);
  lookLater();
  try {
    return await channel.request('push', { device, paths, pushId }, { signal });
  } finally {
    cancel();
  }
};

const SKIPPED: Readonly<Record<PushSkipped['reason'], string>> = {
  link: 'it is a link',
  noFile: 'it is neither a file nor a folder',
  path: 'its path is too long, or a name in it is no text',
};

const NOT_RECEIVING: ReadonlySet<unknown> = new Set(['unknown-service', 'forbidden']);

/** What keeps a push from beginning, in the words of the command line. */
const worded = (error: unknown, device: string): unknown => {
  if (errorCode(error) === 'CHANNEL_DEADLINE') return new DeviceUnreachedError(device);
  const isRefused = error instanceof BowlineError && error.code === 'SERVICE_REFUSED';
  return isRefused && NOT_RECEIVING.has(error.data.reason) ? new NotReceivingError(device) : error;
};
