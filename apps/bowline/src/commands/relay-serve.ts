import { Command, InvalidArgumentError } from 'commander';
import { interruption, machineComponents } from '../command-context.ts';
import { readEnvironment } from '../env.ts';
import { printer } from '../output/printer.ts';
import { checkRelay, runRelay } from '../relay-host/run-relay.ts';
import type { ServeFlags } from '../relay-host/serve-flags.ts';

interface ServeOptions extends ServeFlags {
  readonly json?: boolean;
  readonly check?: boolean;
}

export const relayServeCommand = (): Command =>
  new Command('serve')
    .description('run a relay in the foreground, until SIGTERM or Ctrl-C')
    .option('--json', 'print JSON, one object a line')
    .option('--config <file>', 'JSON file; a flag wins over its field')
    .option('--check', 'say what the relay would run with, without its secrets, and end')
    .option('--bind <address>', 'IP address to listen on (every interface)')
    .option('--port <port>', 'TCP port; 0 for any (3340)', portNumber)
    .option('--tls-cert <file>', 'PEM file of the certificate chain; read again when it changes')
    .option('--tls-key <file>', 'PEM file of its private key')
    .option('--token <token>', 'repeatable; admit who presents it (everybody on this machine can read it)', repeated)
    .option('--token-file <file>', 'the same from a file, one a line; read again when it changes')
    .option('--token-in-url', 'admit by ?token= in the URL too, which proxies write to their logs')
    .option('--allow <endpoint id>', 'repeatable; admit nobody else', repeated)
    .option('--deny <endpoint id>', 'repeatable; refuse these', repeated)
    .option('--call-out <url>', 'ask this service about each login, as iroh-relay does')
    .option('--call-out-token-file <file>', 'what to present to that service')
    .option('--max-clients <number>', 'logins at once (20000)', wholeNumber)
    .option('--receive-limit <size>', 'read at most this much a second from each client, such as 2MB (none)')
    .option(
      '--connection-rate <number>',
      'connections a second from one address (50); raise it behind a proxy',
      wholeNumber,
    )
    .option('--metrics-port <port>', 'serve /health and /metrics there (off)', portNumber)
    .option('--metrics-bind <address>', 'and on this address (127.0.0.1)')
    .option(
      '--observer-port <port>',
      'UDP port of the observer, which takes the next one too; 0 for any, or "off" (the port of the relay)',
      observerPort,
    )
    .option('--observer-bind <address>', 'and on this address (the one of the relay)')
    .option(
      '--public-host <host[:port]>',
      'repeatable; a name devices know this relay by; needed without TLS of its own (http, or behind a proxy)',
      repeated,
    )
    .option('--log-addresses', 'write the addresses of clients to the log')
    .action(serve);

const EXPOSED =
  'A token is an argument of this command, so everybody on this machine can read it while the relay runs; --token-file keeps it to those who may read the file.';

const serve = async ({ json, check, ...flags }: ServeOptions): Promise<void> => {
  const components = machineComponents(readEnvironment(process.env).logLevel);
  const run = { components, printer: printer(json === true), signal: interruption() };
  if (flags.token !== undefined) run.printer.warning({ event: 'tokenExposed', message: EXPOSED });
  await (check === true ? checkRelay(flags, run) : runRelay(flags, run));
};

const repeated = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Reads a port, 0 for any. */
export const portNumber = (text: string): number => {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
};

const observerPort = (text: string): number | 'off' => (text === 'off' ? text : portNumber(text));

const wholeNumber = (text: string): number => {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
};
