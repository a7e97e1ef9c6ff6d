import { Command } from 'commander';
import { commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { shownName } from '../output/shown-name.ts';
import { peopleOf, shownReceivers, shownTarget } from './serve.ts';

/** What Bowline itself serves, by the command that uses it. */
const OWN_SERVICES: Readonly<Record<string, string>> = {
  'bowline.push/2': 'files (bowline push)',
  'bowline.push/1': 'files (bowline push)',
};

/** Whether a later one of the same is served, which is shown. */
const isEarlier = (name: string, served: readonly { readonly name: string }[]): boolean =>
  name === 'bowline.push/1' && served.some((each) => each.name === 'bowline.push/2');

const shownService = (name: string): string => OWN_SERVICES[name] ?? name;

export const servicesCommand = (): Command =>
  withDeviceOptions(new Command('services'))
    .description('what this device serves, or what another one lets this one use')
    .argument('[device]', 'name, id or beginning of an id')
    .action(services);

const services = async (device: string | undefined, options: DeviceOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
  if (device === undefined) {
    const { services: own } = await daemon.channel.request('served', {});
    const { devices } = await daemon.channel.request('devices', {});
    for (const service of own.filter(({ name }) => !isEarlier(name, own))) {
      const [target, to] = [shownTarget(service.target), shownReceivers(service)];
      printer.result(
        { event: 'service', service: service.name, target, to },
        `${shownService(service.name)}  from ${target ?? 'this daemon'}  to ${peopleOf(to, devices)}`,
      );
    }
    if (own.length === 0) printer.note('Nothing is served. Begin with: bowline serve NAME PORT --to DEVICE');
    return;
  }
  const { device: found, services: usable } = await daemon.channel.request('services', { device }, { signal });
  for (const { name } of usable.filter((each) => !isEarlier(each.name, usable))) {
    printer.result({ event: 'service', device: { id: found.id, name: found.name }, service: name }, shownService(name));
  }
  if (usable.length === 0) printer.note(`${shownName(found.name)} serves nothing that this device may use.`);
};
