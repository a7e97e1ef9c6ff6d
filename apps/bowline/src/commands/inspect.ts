import { Command } from 'commander';
import { openInBrowser } from '../browser/open-in-browser.ts';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';

export const inspectCommand = (): Command =>
  withDeviceOptions(new Command('inspect'))
    .description('open the page that shows this device, its devices and relays; pairs, too')
    .action(inspect);

const inspect = async (options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const { dataDir } = hostOptions;
  await using daemon = await useDaemon(dataDir, components);
  const { url } = await daemon.channel.request('inspect', {});
  printer.result({ event: 'inspector', url }, `The inspector, for one visit within a minute: ${url}`);
  if (!printer.isJson && process.stdout.isTTY === true) openInBrowser(url, dataDir);
};
