import { Command } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { statusJson } from '../output/json-shapes.ts';
import { statusPage } from '../output/status-page.ts';
import { stillStatus } from '../output/still-status.ts';
import { lookOf } from '../output/terminal-look.ts';

interface StatusOptions extends DeviceOptions {
  readonly watch?: boolean;
  readonly verbose?: boolean;
}

/** Round trips change without an event. */
const LOOK_AGAIN_MS = 2_000;

/** Moves to the upper left and clears from there. */
const CLEAR_SCREEN = '\u001b[H\u001b[J';

export const statusCommand = (): Command =>
  withDeviceOptions(new Command('status'))
    .description('show devices, relays and the network as they are now')
    .option('-v, --verbose', 'show the workers, too')
    .option('-w, --watch', 'stay, and show it again whenever something changes')
    .action(status);

const status = async (options: StatusOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const { clock } = components;
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const isWatched = options.watch === true;
  const isCleared = isWatched && process.stdout.isTTY === true;
  let shown = '';
  const show = async (): Promise<void> => {
    const now = await daemon.channel.request('status', {});
    const look = lookOf(process.stdout);
    const view = { nowMs: clock.nowMs(), look, isVerbose: options.verbose === true };
    // A screen is drawn anew for a byte, a list is not.
    const compared = isCleared ? now : stillStatus(now);
    const text = printer.isJson ? JSON.stringify(statusJson(compared)) : statusPage(compared, view);
    if (text === shown) return;
    shown = text;
    const page = statusPage(now, view);
    printer.result(statusJson(now), { drawn: isCleared ? `${CLEAR_SCREEN}${page}` : isWatched ? `${page}\n` : page });
  };
  await show();
  if (!isWatched) return;
  const signal = interruption();
  let looking = Promise.resolve();
  const look = (): void => {
    looking = looking.then(show).catch(() => undefined);
  };
  const cancelListening = daemon.channel.on('told', look);
  let cancelTimer = (): void => undefined;
  const lookLater = (): void => {
    look();
    cancelTimer = clock.setTimer(LOOK_AGAIN_MS, lookLater);
  };
  cancelTimer = clock.setTimer(LOOK_AGAIN_MS, lookLater);
  await Promise.race([aborted(signal), daemon.channel.closed]);
  cancelTimer();
  cancelListening();
  await looking;
};
