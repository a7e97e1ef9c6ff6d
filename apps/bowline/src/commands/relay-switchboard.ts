import { Command } from 'commander';
import { commandContext, interruption } from '../command-context.ts';
import { runSwitchboard } from '../relay-host/run-switchboard.ts';
import { portNumber } from './relay-serve.ts';

interface SwitchboardOptions {
  readonly json?: boolean;
  readonly port: number;
  readonly relay: readonly string[];
  readonly relayCa?: readonly string[];
}

export const relaySwitchboardCommand = (): Command =>
  new Command('switchboard')
    .description('put any iroh endpoint behind a switchboard; its secret key, in hexadecimal, comes on standard input')
    .option('--json', 'print JSON, one object a line')
    .option('--port <port>', 'TCP port on 127.0.0.1; 0 for any', portNumber, 0)
    .requiredOption('--relay <url...>', 'relays to be reachable at; a second one stands by')
    .option('--relay-ca <file...>', 'PEM files of private authorities that sign relays')
    .action(runAlone);

const runAlone = async ({ json, port, relay, relayCa }: SwitchboardOptions): Promise<void> => {
  const { components, environment, hostOptions, printer } = commandContext({
    mdns: false,
    tcp: false,
    // No device, so none of its files; asked for nevertheless, where this user has no home.
    dataDir: '.',
    ...(json === undefined ? {} : { json }),
    ...(relayCa === undefined ? {} : { relayCa }),
  });
  await runSwitchboard(
    {
      port,
      relayUrls: relay,
      token: environment.relayToken,
      access: hostOptions.relayAccess,
      keyInput: process.stdin,
    },
    { components, printer, signal: interruption() },
  );
};
