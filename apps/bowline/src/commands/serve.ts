import type { DeviceSummary, ServedReport, ServedTarget } from '@bowline/contracts';
import { namePhrase } from '@bowline/diagnosis/phrases';
import type { Host, HostComponents, HostOptions, StreamHandler } from '@bowline/host';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { isDaemonRunning, openDaemon } from '../daemon/daemon-client.ts';
import { makeDataDirectory } from '../data-directory.ts';
import { WrongUseError } from '../errors.ts';
import type { Printer } from '../output/printer.ts';
import { shownName } from '../output/shown-name.ts';
import { joinStandardStreams } from '../standard-streams.ts';

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
    .argument('[target]', 'port on 127.0.0.1, path of a socket, or -: one stream, to standard input and output')
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
  if (target === '-') {
    await serveStandardStreams(name, options);
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

/**
 * Serves the first device that comes by standard input and output, and ends with its stream. Standard output is the
 * stream's, so everything else is said beside it.
 */
const serveStandardStreams = async (name: string, options: ServeCommandOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  if (options.json === true) throw new WrongUseError('Leave out --json: standard output is the stream itself.');
  if (options.raw === true) throw new WrongUseError('Leave out --raw: nothing is changed of what goes through -.');
  const allow = receiversOf(options);
  const signal = interruption();
  const { dataDir } = hostOptions;
  await using host = await openHost(hostOptions, components, printer);
  const done = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => done.resolve(), { once: true });
  let isTaken = false;
  const serveFirst: StreamHandler = async (stream) => {
    if (isTaken) {
      stream.reset();
      return;
    }
    isTaken = true;
    printer.note(`"${namePhrase(stream.device.name)}" is using "${name}".`);
    const joined = joinStandardStreams(stream.toNode(), signal);
    joined.then(done.resolve, done.reject);
    await joined.catch(() => undefined);
  };
  const relay = options.directOnly === true ? { relay: 'deny' as const } : {};
  await using _ = await host.serve(name, serveFirst, { allow, maxStreams: 1, ...relay });
  printer.note(`Serving "${name}" of ${dataDir} by standard input and output to the first that comes.`);
  await done.promise;
};

/** The device of the daemon, or where none runs the device itself. */
const openHost = async (
  hostOptions: HostOptions,
  components: HostComponents,
  printer: Printer,
): Promise<Host & AsyncDisposable> => {
  const { dataDir } = hostOptions;
  if (await isDaemonRunning(dataDir, components)) {
    const { connectHost } = await import('../connected/connect-host.ts');
    const host = connectHost({ dataDir }, components);
    await host.start();
    return host;
  }
  const { createHost } = await import('@bowline/host');
  makeDataDirectory(dataDir);
  printer.note(`No daemon runs for ${dataDir}; this device is up for this command alone.`);
  const host = createHost(hostOptions, components);
  await host.start();
  return host;
};

const targetOf = (target: string | undefined, isRaw: boolean): ServedTarget => {
  if (target === undefined)
    throw new WrongUseError(
      'Say what is served: a port on 127.0.0.1, the path of a socket, or - for this command itself.',
    );
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
