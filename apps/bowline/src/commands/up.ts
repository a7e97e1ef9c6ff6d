import { Command } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { isDaemonRunning } from '../daemon/daemon-client.ts';
import { daemonServer } from '../daemon/daemon-server.ts';
import { DaemonRunningError } from '../errors.ts';
import { discreetSentence } from '../output/sentences.ts';

export const upCommand = (): Command =>
  withDeviceOptions(new Command('up'))
    .description('run the daemon in the foreground, until SIGTERM or Ctrl-C')
    .action(up);

const up = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components, environment } = commandContext(options);
  const signal = interruption();
  if (await isDaemonRunning(hostOptions.dataDir, components)) throw new DaemonRunningError(hostOptions.dataDir);

  const { createHost } = await import('@bowline/host');
  const host = createHost(hostOptions, components);
  const server = daemonServer(host, { dataDir: hostOptions.dataDir, ...environment.socketFolders }, components);
  try {
    await host.start();
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
