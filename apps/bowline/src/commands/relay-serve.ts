import { Command, InvalidArgumentError } from 'commander';
import { aborted, interruption, machineComponents } from '../command-context.ts';
import { readEnvironment } from '../env.ts';
import { printer as createPrinter } from '../output/printer.ts';

interface ServeOptions {
  readonly json?: boolean;
  readonly bind: string;
  readonly port: number;
}

/** The port `iroh-relay` uses for plain http, so that clients need no other habit. */
const DEFAULT_RELAY_PORT = 3_340;

export const relayServeCommand = (): Command =>
  new Command('serve')
    .description('run a relay in the foreground, until SIGTERM or Ctrl-C')
    .option('--json', 'print JSON, one object a line')
    .option('--bind <address>', 'IP address to listen on', '0.0.0.0')
    .option('--port <port>', 'TCP port; 0 for any', portNumber, DEFAULT_RELAY_PORT)
    .action(serve);

const serve = async ({ json, bind, port }: ServeOptions): Promise<void> => {
  const printer = createPrinter(json === true);
  const signal = interruption();
  const { relayServer } = await import('@bowline/relay-server');
  const server = relayServer({ bindAddress: bind, port })(machineComponents(readEnvironment(process.env).logLevel));
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

const portNumber = (text: string): number => {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
};
