import type { Host, HostComponents, HostOptions } from '@bowline/host';
import { Command } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { isDaemonRunning } from '../daemon/daemon-client.ts';
import { daemonServer } from '../daemon/daemon-server.ts';
import { whileBusy } from '../daemon/while-busy.ts';
import { makeDataDirectory } from '../data-directory.ts';
import { DaemonRunningError } from '../errors.ts';
import { discreetSentence } from '../output/sentences.ts';

export const upCommand = (): Command =>
  withDeviceOptions(new Command('up'))
    .description('run the daemon in the foreground, until SIGTERM or Ctrl-C')
    .action(up);

const up = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components, environment } = commandContext(options);
  const signal = interruption();
  const { dataDir } = hostOptions;
  const host = await whileBusy(components.clock, () => startHost(hostOptions, components), signal);
  const server = daemonServer(host, { dataDir, ...environment.socketFolders }, components);
  try {
    await server.start();
    const { device } = host;
    printer.result(
      { event: 'ready', device, pid: process.pid },
      `${device.name} (${device.id}) is up. In another terminal: bowline pair`,
    );
    const cancel = host.onAny((event) => printer.note(discreetSentence(event)));
    await aborted(signal);
    cancel();
  } finally {
    await server.stop();
    await host.stop();
  }
};

/** Starts the device; a command that has it for a moment, or a daemon that is just starting, ends in STORE_LOCKED. */
const startHost = async (options: HostOptions, components: HostComponents): Promise<Host> => {
  makeDataDirectory(options.dataDir);
  if (await isDaemonRunning(options.dataDir, components)) throw new DaemonRunningError(options.dataDir);
  const { createHost } = await import('@bowline/host');
  const host = createHost(options, components);
  await host.start();
  return host;
};
