import type { RelayReport } from '@bowline/contracts';
import { createLogger } from '@bowline/logging';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { Command, InvalidArgumentError } from 'commander';
import {
  aborted,
  commandContext,
  type DeviceOptions,
  interruption,
  relayChoiceOf,
  withDeviceOptions,
} from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { readEnvironment } from '../env.ts';
import { printer as createPrinter } from '../output/printer.ts';
import { table } from '../output/table.ts';

interface ServeOptions {
  readonly json?: boolean;
  readonly bind: string;
  readonly port: number;
}

/** The port `iroh-relay` uses for plain http, so that clients need no other habit. */
const DEFAULT_RELAY_PORT = 3_340;

export const relayCommand = (): Command =>
  new Command('relay')
    .description('host a relay, or see and choose the relays of this device')
    .addCommand(serveCommand())
    .addCommand(statusCommand())
    .addCommand(setCommand());

const serveCommand = (): Command =>
  new Command('serve')
    .description('run a relay in the foreground, until SIGTERM or Ctrl-C')
    .option('--json', 'print JSON, one object a line')
    .option('--bind <address>', 'IP address to listen on', '0.0.0.0')
    .option('--port <port>', 'TCP port; 0 for any', portNumber, DEFAULT_RELAY_PORT)
    .action(serve);

const serve = async ({ json, bind, port }: ServeOptions): Promise<void> => {
  const printer = createPrinter(json === true);
  const signal = interruption();
  const logger = createLogger({ level: readEnvironment(process.env).logLevel });
  const { relayServer } = await import('@bowline/relay-server');
  const server = relayServer({ bindAddress: bind, port })({ logger, clock: systemClock, random: systemRandom });
  await server.start();
  try {
    printer.result(
      { event: 'listening', url: server.url, port: server.port },
      `The relay listens on ${server.url}. On your devices: bowline up --relay ${server.url}`,
    );
    await aborted(signal);
  } finally {
    await server.stop();
  }
};

const statusCommand = (): Command =>
  withDeviceOptions(new Command('status'))
    .description('show the relays of this device')
    .action(async (options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await openDaemon(hostOptions, components);
      const { relays } = await daemon.channel.request('status', {});
      printer.result({ relays }, relayPage(relays));
    });

const setCommand = (): Command =>
  withDeviceOptions(new Command('set'))
    .description('choose the relays of this device, now and for later starts')
    .argument('<relay...>', '"default", "disabled", or relay URLs')
    .action(async (given: readonly string[], options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      const relay = relayChoiceOf(given) ?? 'default';
      await using daemon = await openDaemon(hostOptions, components);
      await daemon.channel.request('setRelays', { relay });
      printer.result({ event: 'relaysChosen', relay }, `Relays: ${given.join(', ')}.`);
    });

const relayPage = (relays: readonly RelayReport[]): string =>
  relays.length === 0
    ? 'No relay is in use: local network only.'
    : table(
        relays.map(({ url, role, state, downReason, rttMs }) => [
          url,
          role,
          downReason === null ? state : `${state} (${downReason})`,
          rttMs === null ? '' : `${Math.round(rttMs)} ms`,
        ]),
      );

const portNumber = (text: string): number => {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
};
