import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { statusJson } from '../output/json-form.ts';
import { statusPage } from '../output/sentences.ts';

export const statusCommand = (): Command =>
  withDeviceOptions(new Command('status'))
    .description('show relays, devices and workers as they are now')
    .action(async (options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components);
      const status = await daemon.channel.request('status', {});
      printer.result(statusJson(status), statusPage(status));
    });
