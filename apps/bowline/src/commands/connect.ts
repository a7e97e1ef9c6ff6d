import { chmodSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorMessage } from '@bowline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import {
  aborted,
  commandContext,
  type DeviceOptions,
  interruption,
  withDeviceOptionsButPort,
} from '../command-context.ts';
import { type DaemonClient, openDaemon } from '../daemon/daemon-client.ts';
import { openDaemonDuplex } from '../daemon/daemon-duplex.ts';
import { WrongUseError } from '../errors.ts';
import type { Printer } from '../output/printer.ts';
import { joinStandardStreams } from '../standard-streams.ts';

interface ConnectCommandOptions extends Omit<DeviceOptions, 'port'> {
  /** Where to listen; not the device's own. */
  readonly port?: number;
  readonly socket?: string;
}

const HOST = '127.0.0.1';

export const connectCommand = (): Command =>
  withDeviceOptionsButPort(new Command('connect'))
    .description('use a service of another device: on a local port or socket, or by standard input and output')
    .argument('<device>', 'name, id or beginning of an id')
    .argument('<service>', 'name of the service')
    .option(
      '--port <port>',
      'listen on this port of 127.0.0.1, 0 for any; every user of this machine can reach it',
      portOf,
    )
    .option('--socket <path>', 'listen on a socket that only you can open')
    .action(connect);

const portOf = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return Number(text);
};

const connect = async (device: string, service: string, options: ConnectCommandOptions): Promise<void> => {
  const { port: _port, ...deviceOptions } = options;
  const { printer, hostOptions, components } = commandContext(deviceOptions);
  const signal = interruption();
  if (options.port !== undefined && options.socket !== undefined) {
    throw new WrongUseError('Choose one of --port and --socket.');
  }
  await using daemon = await openDaemon(hostOptions, components, { isForKnownDevice: true, note: printer.note });
  if (options.port === undefined && options.socket === undefined) {
    await overStandardStreams(daemon, device, service, signal);
    return;
  }
  // A device that is not paired is said at once, and not when somebody connects.
  await daemon.channel.request('ping', { device }).catch((error: { readonly code?: string }) => {
    if (error.code === 'DEVICE_NOT_FOUND' || error.code === 'DEVICE_AMBIGUOUS') throw error;
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    openDaemonDuplex(daemon.channel, device, service, signal).then(
      ({ duplex }) => join(socket, duplex),
      (error: unknown) => {
        printer.note(errorMessage(error));
        socket.destroy();
      },
    );
  });
  await listen(server, options);
  tell(printer, server, options, service);
  await aborted(signal);
  server.close();
  if (options.socket !== undefined) rmSync(options.socket, { force: true });
};

const listen = (server: Server, { port, socket }: ConnectCommandOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    if (socket === undefined) {
      server.listen(port, HOST, resolve);
      return;
    }
    // From the first moment nobody else may open it.
    const before = process.umask(0o177);
    server.listen(socket, () => {
      chmodSync(socket, 0o600);
      resolve();
    });
    process.umask(before);
  });

const tell = (printer: Printer, server: Server, { socket }: ConnectCommandOptions, service: string): void => {
  if (socket !== undefined) {
    printer.result({ event: 'listening', socket }, `"${service}" is at ${socket}. End with Ctrl-C.`);
    return;
  }
  const { port } = server.address() as AddressInfo;
  printer.result({ event: 'listening', host: HOST, port }, `"${service}" is at ${HOST}:${port}. End with Ctrl-C.`);
};

/** What is read is the service's answer, byte for byte; so errors go to the standard error output alone. */
const overStandardStreams = async (
  { channel }: DaemonClient,
  device: string,
  service: string,
  signal: AbortSignal,
): Promise<void> => {
  const { duplex } = await openDaemonDuplex(channel, device, service, signal);
  await joinStandardStreams(duplex, signal);
};

const join = (one: Duplex, other: Duplex): void => {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const each of [one, other]) {
    each.on('error', end);
    each.on('close', () => {
      if (!each.readableEnded || !each.writableFinished) end();
    });
  }
  one.pipe(other);
  other.pipe(one);
};
