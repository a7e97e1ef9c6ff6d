import { errorCode } from '@bowline/contracts';
import type { HostComponents } from '@bowline/host';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { DaemonStaysError } from '../errors.ts';

/** Far longer than a daemon takes to stop. */
const STOP_LIMIT_MS = 15_000;

const LOOK_INTERVAL_MS = 20;

export const downCommand = (): Command =>
  withDeviceOptions(new Command('down')).description('stop the daemon, and wait until it has ended').action(down);

const down = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const { pid } = await daemon.channel.request('describe', {});
  await daemon.channel.request('stop', {}).catch((error: unknown) => {
    // It was quicker to end than to answer.
    if (errorCode(error) !== 'CHANNEL_CLOSED') throw error;
  });
  await daemon.channel.closed;
  await untilEnded(pid, components);
  printer.result({ event: 'stopped', pid }, 'The daemon has stopped.');
};

const untilEnded = async (pid: number, { clock }: HostComponents): Promise<void> => {
  const untilMs = clock.monotonicMs() + STOP_LIMIT_MS;
  while (isAlive(pid)) {
    if (clock.monotonicMs() > untilMs) throw new DaemonStaysError(pid);
    await new Promise<void>((resolve) => {
      clock.setTimer(LOOK_INTERVAL_MS, resolve);
    });
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
};
