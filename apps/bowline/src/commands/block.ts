import { type BlockedDevice, parseEndpointId } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { type ConsentOptions, requireConsent, withConsentOption } from '../consent.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { openAnswers } from '../daemon/device-answers.ts';
import { shownName } from '../output/shown-name.ts';
import { table } from '../output/table.ts';
import { relativeTime } from '../output/times.ts';

/** What a device is called where it may have had no name here. */
const calledHere = ({ name, id }: Pick<BlockedDevice, 'id' | 'name'>): string => (name === null ? id : shownName(name));

const blockedJson = (event: 'blocked' | 'unblocked', { id, name, blockedAtMs }: BlockedDevice) => ({
  event,
  device: { id, name },
  ...(event === 'blocked' ? { blockedAtMs } : {}),
});

export const blockCommand = (): Command =>
  withConsentOption(withDeviceOptions(new Command('block')))
    .description('unpair a device and keep it out until it is unblocked')
    .argument('<device>', 'a paired device: name, id or beginning of an id; or the endpoint id of any')
    .action(async (device: string, options: ConsentOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const endpointId = parseEndpointId(device);
      const found =
        endpointId === undefined ? (await daemon.channel.request('findDevice', { device })).device : undefined;
      const called = found === undefined ? device : shownName(found.name);
      await requireConsent(`Block ${called}? It is forgotten, and cannot pair again until you unblock it.`, options);
      const { device: blocked } = await daemon.channel.request('block', { device: found?.id ?? device });
      printer.result(
        blockedJson('blocked', blocked),
        `${calledHere(blocked)} is blocked. To let it pair again: bowline unblock ${blocked.id}`,
      );
    });

export const unblockCommand = (): Command =>
  withDeviceOptions(new Command('unblock'))
    .description('keep a blocked device out no more; it has to be paired again')
    .argument('<blocked>', 'a blocked device: name, id, beginning of an id or endpoint id')
    .action(async (device: string, options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
      const { device: free } = await daemon.channel.request('unblock', { device });
      printer.result(blockedJson('unblocked', free), `${calledHere(free)} can be paired again.`);
    });

export const blockedCommand = (): Command =>
  withDeviceOptions(new Command('blocked'))
    .description('list the blocked devices')
    .action(async (options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using answers = await openAnswers(hostOptions, components, printer);
      const blocked = await answers.blocked();
      for (const device of blocked) printer.result(blockedJson('blocked', device), null);
      if (blocked.length === 0) printer.note('No device is blocked.');
      else if (!printer.isJson) {
        const nowMs = components.clock.nowMs();
        const rows = blocked.map((each) => [calledHere(each), each.id, relativeTime(each.blockedAtMs, nowMs)]);
        printer.result({}, table(rows));
      }
    });
