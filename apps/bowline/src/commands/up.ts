import { Command, Option } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { isDaemonRunning } from '../daemon/daemon-client.ts';
import { daemonServer } from '../daemon/daemon-server.ts';
import { DaemonRunningError } from '../errors.ts';
import { discreetSentence } from '../output/sentences.ts';

export const upCommand = (): Command =>
  withDeviceOptions(new Command('up'))
    .description('run the daemon in the foreground, until SIGTERM or Ctrl-C')
    .addOption(
      new Option('--messages <what>', 'keep: until they are taken (bowline messages --take); journal: taken on arrival')
        .choices(['keep', 'journal'])
        .default('keep'),
    )
    .action(up);

interface UpOptions extends DeviceOptions {
  readonly messages: 'keep' | 'journal';
}

const up = async (options: UpOptions): Promise<void> => {
  const { printer, components, environment, ...context } = commandContext(options);
  const hostOptions = { ...context.hostOptions, messages: options.messages };
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
