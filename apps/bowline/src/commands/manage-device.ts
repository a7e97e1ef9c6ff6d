import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { type ConsentOptions, requireConsent, withConsentOption } from '../consent.ts';
import { openDaemon, useDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';
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

interface RenameOptions extends DeviceOptions {
  readonly self?: string;
}

export const renameCommand = (): Command =>
  withDeviceOptions(new Command('rename'))
    .description('give a paired device another name on this device, or this device itself')
    .argument('[device]', DEVICE_ARGUMENT)
    .argument('[name]', 'the new name')
    .option('--self <name>', 'another name for this device; paired devices keep the name they have for it')
    .action(async (device: string | undefined, name: string | undefined, options: RenameOptions) => {
      const { self } = options;
      const given = self ?? name;
      if (given === undefined || (self === undefined) === (device === undefined)) {
        throw new WrongUseError('Give a device and its new name, or --self and a new name for this device.');
      }
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const { device: renamed } =
        device === undefined
          ? await daemon.channel.request('renameSelf', { name: given })
          : await daemon.channel.request('rename', { device, name: given });
      printer.result({ event: 'renamed', device: renamed }, `${renamed.id} is called ${shownName(renamed.name)} now.`);
      const note = nameNote(given, renamed.name);
      if (note !== null) printer.note(note);
    });

interface NoteOptions extends DeviceOptions {
  readonly off?: boolean;
}

export const noteCommand = (): Command =>
  withDeviceOptions(new Command('note'))
    .description('show or set a note of your own about a device')
    .argument('<device>', DEVICE_ARGUMENT)
    .argument('[text...]', 'the note')
    .option('--off', 'take the note away')
    .action(async (device: string, words: readonly string[], options: NoteOptions) => {
      if (options.off === true && words.length > 0) throw new WrongUseError('Give either a note or --off.');
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const change = options.off === true ? { note: null } : words.length > 0 ? { note: words.join(' ') } : {};
      const { device: found, note } = await daemon.channel.request('note', { device, ...change });
      printer.result(
        { event: 'note', device: { id: found.id, name: found.name }, note },
        note === null ? `There is no note about ${shownName(found.name)}.` : `${shownName(found.name)}: ${note}`,
      );
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
