import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type ChosenRelay, errorMessage, type LogLevel, type RelayChoice } from '@bowline/contracts';
import type { HostComponents, HostOptions } from '@bowline/host';
import { createLogger } from '@bowline/logging';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type Command, Option } from 'commander';
import { noteOfOtherRelease } from './daemon/other-release.ts';
import { type Environment, readEnvironment } from './env.ts';
import { NoDataDirError, WrongUseError } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import { descriptorArgument, KEY_KINDS, type TypedKeyKind } from './key/key-arguments.ts';
import { passphraseSource } from './key/passphrase-source.ts';
import { type Printer, printer } from './output/printer.ts';
import { portArgument } from './pairing/at-argument.ts';
import { relayArgument } from './relay-argument.ts';

/** Where a command leaves its exit code when it ends without an error. */
export interface CommandOutcome {
  exitCode: ExitCode;
}

/** What every command that talks to a device is given. */
export interface CommandContext {
  readonly printer: Printer;
  readonly hostOptions: HostOptions;
  readonly components: HostComponents;
  readonly environment: Environment;
}

/** Values of the options that {@link withDeviceOptions} adds. */
export interface DeviceOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly name?: string;
  readonly relay?: readonly string[];
  readonly mdns: boolean;
  readonly tcp: boolean;
  readonly publicTcp?: boolean;
  readonly quietMdns?: boolean;
  readonly bind?: readonly string[];
  readonly port?: number;
  readonly relayCa?: readonly string[];
  readonly key?: TypedKeyKind;
  readonly passphraseFd?: number;
}

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
];

/** Adds the options that pick a device, and those of a daemon that is started for the length of the command. */
export const withDeviceOptions = (command: Command): Command =>
  withDeviceOptionsButPort(command).option(
    '--port <port>',
    'UDP port of this device; otherwise the system chooses one at every start',
    portArgument,
  );

/** The same for a command with a `--port` of another meaning, which it must not hand to {@link commandContext}. */
export const withDeviceOptionsButPort = (command: Command): Command =>
  command
    .option('--data-dir <dir>', 'folder of the device (BOWLINE_DATA_DIR)')
    .option('--json', 'print JSON, one object a line')
    .option('--name <name>', 'name of a new device')
    .option(
      '--relay <url>',
      'relay to use: a URL (repeatable), "default" or "disabled"; URL#quic: it offers address discovery',
      collect,
    )
    .option('--relay-ca <file>', 'PEM file of a private authority that signs relays (repeatable)', collect)
    .addOption(
      new Option(
        '--key <where>',
        'where a new device keeps the key of its store (BOWLINE_KEY); otherwise the keychain if it is open, else a file',
      ).choices(KEY_KINDS),
    )
    .option(
      '--passphrase-fd <n>',
      'read the passphrase of the store from this file descriptor; otherwise it is asked for',
      descriptorArgument,
    )
    .option('--no-mdns', 'do not look for devices on the local network')
    .addOption(
      new Option('--quiet-mdns', 'look for devices on the local network, and announce nothing there').conflicts('mdns'),
    )
    .option('--no-tcp', 'let streams use QUIC alone, and listen for no TCP connections')
    .addOption(
      new Option(
        '--public-tcp',
        'let streams use TCP across the internet too, and listen on public addresses for it',
      ).conflicts('tcp'),
    )
    .option('--bind <address>', 'local IP address to use, one of each family (repeatable)', collect);

/**
 * Says first where the daemon that runs is of another release than this command, unless it is to be silent.
 *
 * @throws WrongUseError, InvalidOptionError, NoDataDirError
 */
export const commandContext = (options: DeviceOptions, mode: 'noting' | 'silent' = 'noting'): CommandContext => {
  const environment = readEnvironment(process.env);
  const dataDir = options.dataDir ?? environment.dataDir;
  if (dataDir === null) throw new NoDataDirError();
  const relay = relayChoiceOf(options.relay, { token: environment.relayToken });
  const shown = printer(options.json === true);
  const note = mode === 'silent' ? null : noteOfOtherRelease(dataDir);
  if (note !== null) shown.note(note);
  return {
    printer: shown,
    hostOptions: {
      dataDir,
      name: options.name ?? environment.defaultName,
      mdns: options.mdns && options.quietMdns === true ? 'quiet' : options.mdns,
      tcp: options.tcp && options.publicTcp === true ? 'public' : options.tcp,
      key: {
        ...keyKindOf(options.key ?? environment.keyKind),
        passphrase: passphraseSource({
          descriptor: options.passphraseFd,
          flag: '--passphrase-fd',
          question: 'Passphrase of this device',
        }),
      },
      ...(relay === undefined ? {} : { relay }),
      relayAccess: {
        trustedRoots: 'system',
        caCertificates: (options.relayCa ?? []).map(readCertificates),
        proxy: environment.proxy,
      },
      ...(options.bind === undefined ? {} : { bind: options.bind }),
      ...(options.port === undefined ? {} : { port: options.port }),
    },
    components: machineComponents(environment.logLevel),
    environment,
  };
};

const keyKindOf = (kind: TypedKeyKind | undefined) => (kind === undefined ? {} : { kind });

const readCertificates = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongUseError(`--relay-ca: ${file} cannot be read: ${errorMessage(error)}.`);
  }
};

/** What a host needs of this machine. */
export const machineComponents = (logLevel: LogLevel): HostComponents => ({
  logger: createLogger({ level: logLevel }),
  clock: systemClock,
  random: systemRandom,
  networkInterfaces,
  workerLogLevel: logLevel,
});

/** `default` and `disabled` stand alone; anything else is a list of URLs. @throws WrongUseError */
export const relayChoiceOf = (
  given: readonly string[] | undefined,
  { token, pinned }: { readonly token?: string | undefined; readonly pinned?: string | undefined } = {},
): RelayChoice | undefined => {
  const [first, ...others] = given ?? [];
  if (first === undefined) return undefined;
  if (first !== 'default' && first !== 'disabled') {
    const word = others.find((other) => other === 'default' || other === 'disabled');
    const chosen = (text: string): ChosenRelay => ({
      ...relayArgument(text),
      ...(token === undefined ? {} : { token }),
      ...(text === pinned ? { pinned: true } : {}),
    });
    if (word === undefined) return { urls: [first, ...others].map(chosen) };
    throw new WrongUseError(`--relay ${word} cannot be combined with relay URLs; give one or the other.`);
  }
  if (others.length > 0) throw new WrongUseError(`--relay ${first} stands alone; give either it or relay URLs.`);
  return first;
};

/** Aborts when the person or the system asks the command to end, or nobody reads what it prints, as in `… | head -1`. */
export const interruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new Error(`ended by ${name}`)));
  }
  process.stdout.once('error', (error) => controller.abort(error));
  return controller.signal;
};

/** Resolves when `signal` aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
