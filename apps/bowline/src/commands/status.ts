import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { statusPage } from '../output/sentences.ts';

export const statusCommand = (): Command =>
  withDeviceOptions(new Command('status'))
    .description('show relays, devices and workers as they are now')
    .action(async (options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await useDaemon(hostOptions.dataDir, components);
      const status = await daemon.channel.request('status', {});
      printer.result({ ...status }, statusPage(status));
    });
