import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { type ConsentOptions, requireConsent, withConsentOption } from '../consent.ts';
import { openDaemon, useDaemon } from '../daemon/daemon-client.ts';
import { nameNote, shownName } from '../output/shown-name.ts';

const DEVICE_ARGUMENT = 'name, id or beginning of an id';

export const reconnectCommand = (): Command =>
  withDeviceOptions(new Command('reconnect'))
    .description('dial a device now instead of waiting for the next turn')
    .argument('<device>', DEVICE_ARGUMENT)
    .action(async (device: string, options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await useDaemon(hostOptions.dataDir, components);
      await daemon.channel.request('reconnect', { device });
      printer.result({ event: 'reconnecting', device }, `Dialling ${device} now.`);
    });

export const renameCommand = (): Command =>
  withDeviceOptions(new Command('rename'))
    .description('give a paired device another name on this device')
    .argument('<device>', DEVICE_ARGUMENT)
    .argument('<name>', 'the new name')
    .action(async (device: string, name: string, options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const { device: renamed } = await daemon.channel.request('rename', { device, name });
      printer.result({ event: 'renamed', device: renamed }, `${renamed.id} is called ${shownName(renamed.name)} now.`);
      const note = nameNote(name, renamed.name);
      if (note !== null) printer.note(note);
    });

export const unpairCommand = (): Command =>
  withConsentOption(withDeviceOptions(new Command('unpair')))
    .description('forget a device; it can come back only by pairing again')
    .argument('<device>', DEVICE_ARGUMENT)
    .action(async (device: string, options: ConsentOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const { device: found } = await daemon.channel.request('findDevice', { device });
      await requireConsent(`Forget ${shownName(found.name)}? It can come back only by pairing again.`, options);
      const { device: removed } = await daemon.channel.request('unpair', { device: found.id });
      printer.result({ event: 'unpaired', device: removed }, `${shownName(removed.name)} is forgotten.`);
    });
