import type { DeviceSummary, ServedReport, ServedTarget } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';
import { shownName } from '../output/shown-name.ts';

interface ServeCommandOptions extends DeviceOptions {
  readonly to?: readonly string[];
  readonly toAll?: boolean;
  readonly off?: boolean;
  readonly raw?: boolean;
  readonly directOnly?: boolean;
}

export const serveCommand = (): Command =>
  withDeviceOptions(new Command('serve'))
    .description('let paired devices use a program on this machine; kept by the daemon until --off')
    .argument('<service>', 'name of the service')
    .argument('[target]', 'port on 127.0.0.1, or path of a socket')
    .option('--to <device...>', 'devices that may use it')
    .option('--to-all', 'every paired device may use it, also those paired later')
    .option('--raw', 'pass bytes as they are; an HTTP server must not believe Bowline-Device headers then')
    .option('--direct-only', 'not through relays')
    .option('--off', 'serve it no more')
    .action(serve);

const serve = async (name: string, target: string | undefined, options: ServeCommandOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  if (options.off === true) {
    if (target !== undefined || options.to !== undefined || options.toAll === true) {
      throw new WrongUseError('--off takes nothing but the name of the service.');
    }
    await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
    const { wasServed } = await daemon.channel.request('unserve', { name });
    const sentence = wasServed ? `"${name}" is served no more.` : `"${name}" was not served.`;
    printer.result({ event: 'unserved', service: name, wasServed }, sentence);
    return;
  }
  const asked = { name, target: targetOf(target, options.raw === true), to: receiversOf(options) };
  await using daemon = await openDaemon(hostOptions, components);
  const relay = options.directOnly === true ? { relay: 'deny' as const } : {};
  const { service } = await daemon.channel.request('serve', { ...asked, ...relay });
  const hint = daemon.isTemporary ? ' No daemon runs now; it is served as soon as one does: bowline up' : '';
  const { devices } = await daemon.channel.request('devices', {});
  const receivers = shownReceivers(service);
  printer.result(
    { event: 'serving', service: service.name, target: shownTarget(service.target), to: receivers },
    `Serving "${service.name}" from ${shownTarget(service.target)} to ${peopleOf(receivers, devices)}.${hint}`,
  );
};

const targetOf = (target: string | undefined, isRaw: boolean): ServedTarget => {
  if (target === undefined)
    throw new WrongUseError('Say what is served: a port on 127.0.0.1, or the path of a socket.');
  const raw = isRaw ? { isRaw } : {};
  return /^\d+$/.test(target) ? { port: Number(target), ...raw } : { socket: target, ...raw };
};

const receiversOf = ({ to, toAll }: ServeCommandOptions): 'paired' | readonly string[] => {
  if ((to === undefined) === (toAll !== true)) {
    throw new WrongUseError('Say who may use it: --to DEVICE, or --to-all for every paired device.');
  }
  return to ?? 'paired';
};

/** As it was typed. */
export const shownTarget = (target: ServedTarget | null): string | null => {
  if (target === null) return null;
  return 'port' in target ? String(target.port) : target.socket;
};

/** Ids, or `["*"]` for every paired device. */
export const shownReceivers = ({ to }: ServedReport): readonly string[] => (to === 'paired' ? ['*'] : to);

/** Who may use it, by name. @param to as {@link shownReceivers} gives it */
export const peopleOf = (to: readonly string[], devices: readonly Pick<DeviceSummary, 'id' | 'name'>[]): string => {
  const nameOf = (id: string): string => {
    const device = devices.find((each) => each.id === id);
    return device === undefined ? id : shownName(device.name);
  };
  return to.includes('*') ? 'every paired device' : to.map(nameOf).join(', ');
};
