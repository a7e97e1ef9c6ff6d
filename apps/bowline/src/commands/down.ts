import { errorCode } from '@bowline/contracts';
import type { HostComponents } from '@bowline/host';
import { Command } from 'commander';
import { isAlive } from '../background/is-alive.ts';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { readDaemonAddress } from '../daemon/daemon-address.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { DaemonStaysError } from '../errors.ts';

/**
 * Far longer than a daemon takes to stop. Where name servers answer nothing, its process ends only once the system has given
 * up what was asked: 15 s (measured on Linux, whose default is two attempts of 5 s for each kind of address).
 */
const STOP_LIMIT_MS = 40_000;

const LOOK_INTERVAL_MS = 20;

export const downCommand = (): Command =>
  withDeviceOptions(new Command('down')).description('stop the daemon, and wait until it has ended').action(down);

const down = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const pid = await askToStop(hostOptions.dataDir, components);
  await untilEnded(pid, components);
  printer.result({ event: 'stopped', pid }, 'The daemon has stopped.');
};

/** Gives the id of its process. */
const askToStop = async (dataDir: string, components: HostComponents): Promise<number> => {
  try {
    await using daemon = await useDaemon(dataDir, components);
    const { pid } = await daemon.channel.request('describe', {});
    await daemon.channel.request('stop', {}).catch((error: unknown) => {
      // It was quicker to end than to answer.
      if (errorCode(error) !== 'CHANNEL_CLOSED') throw error;
    });
    await daemon.channel.closed;
    return pid;
  } catch (error) {
    // One of another release has proven itself, but does not understand the word; it does understand the signal.
    const address = errorCode(error) === 'DAEMON_OTHER_RELEASE' ? readDaemonAddress(dataDir) : null;
    if (address === null) throw error;
    process.kill(address.pid, 'SIGTERM');
    return address.pid;
  }
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
