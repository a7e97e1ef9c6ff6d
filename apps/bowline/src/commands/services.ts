import { servicePhrase, shownServices } from '@bowline/diagnosis/phrases';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { shownName } from '../output/shown-name.ts';
import { peopleOf, shownReceivers, shownTarget } from './serve.ts';

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
    for (const service of shownServices(own)) {
      const [target, to] = [shownTarget(service.target), shownReceivers(service)];
      printer.result(
        { event: 'service', service: service.name, target, to },
        `${servicePhrase(service.name)}  from ${target ?? 'this daemon'}  to ${peopleOf(to, devices)}`,
      );
    }
    if (own.length === 0) printer.note('Nothing is served. Begin with: bowline serve NAME PORT --to DEVICE');
    return;
  }
  const { device: found, services: usable } = await daemon.channel.request('services', { device }, { signal });
  for (const { name } of shownServices(usable)) {
    printer.result(
      { event: 'service', device: { id: found.id, name: found.name }, service: name },
      servicePhrase(name),
    );
  }
  if (usable.length === 0) printer.note(`${shownName(found.name)} serves nothing that this device may use.`);
};
