import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { diagnosisPage } from '../output/diagnosis-page.ts';
import { lookOf } from '../output/terminal-look.ts';

export const whyCommand = (): Command =>
  withDeviceOptions(new Command('why'))
    .description('say why a device is connected as it is, or is not, and what would help')
    .argument('<device>', 'name, id or beginning of an id')
    .option('--try', 'try what this device can by itself first: up to eleven seconds')
    .action(why);

interface WhyOptions extends DeviceOptions {
  readonly try?: boolean;
}

const why = async (device: string, options: WhyOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const diagnosis = await daemon.channel.request('explain', {
    device,
    ...(options.try === true ? { tryRemedies: true } : {}),
  });
  printer.result(
    { event: 'why', ...diagnosis },
    { drawn: diagnosisPage(diagnosis, components.clock.nowMs(), lookOf(process.stdout)) },
  );
};
