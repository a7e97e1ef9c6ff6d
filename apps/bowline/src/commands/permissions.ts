import type { DevicePermissions } from '@bowline/contracts';
import { Command, Option } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { shownName } from '../output/shown-name.ts';

interface PermissionsOptions extends Omit<DeviceOptions, 'relay'> {
  readonly throughRelays?: 'allow' | 'deny';
}

export const permissionsCommand = (): Command =>
  withDeviceOptions(new Command('permissions'))
    .description('show or set what a device may do')
    .argument('<device>', 'name, id or beginning of an id')
    .addOption(new Option('--through-relays <decision>', 'whether relays may be used').choices(['allow', 'deny']))
    .action(async (device: string, options: PermissionsOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const { throughRelays: relay } = options;
      const permissions: DevicePermissions = relay === undefined ? {} : { relay };
      const answer = await daemon.channel.request('permissions', { device, permissions });
      const { id, name } = answer.device;
      const { services } = answer;
      printer.result(
        { event: 'permissions', device: { id, name }, permissions: answer.permissions, services },
        [
          `${shownName(name)} may use ${services.length === 0 ? 'no services' : services.join(', ')},`,
          answer.permissions.relay === 'allow'
            ? 'and come through relays.'
            : 'and is connected directly or not at all.',
        ].join(' '),
      );
    });
