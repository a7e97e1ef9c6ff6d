import { cleanDisplayName, type DeviceSummary, type HostStatus, type RelayReport } from '@bowline/contracts';
import type { Host, HostComponents, HostOptions } from '@bowline/host';
import { Command, InvalidArgumentError, Option } from 'commander';
import { boundDaemonLog } from '../background/daemon-log.ts';
import { startDetached } from '../background/start-detached.ts';
import { type UpOptions, upArguments } from '../background/up-arguments.ts';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { isDaemonRunning } from '../daemon/daemon-client.ts';
import { daemonInspector, type InspectorChoice } from '../daemon/daemon-inspector.ts';
import { daemonServer } from '../daemon/daemon-server.ts';
import { whileBusy } from '../daemon/while-busy.ts';
import { makeDataDirectory } from '../data-directory.ts';
import { DaemonRunningError } from '../errors.ts';
import { neededPassphrase } from '../key/needed-passphrase.ts';
import { onceUnlocked } from '../key/once-unlocked.ts';
import { relaysJson } from '../output/json-shapes.ts';
import { commandElsewhere, ownCommand } from '../output/own-command.ts';
import { keyPhrase, relayDownAdvice } from '../output/phrases.ts';
import { discreetSentence } from '../output/sentences.ts';
import { nameNote, shownName } from '../output/shown-name.ts';
import { timedPrinter } from '../output/timed-printer.ts';

interface UpCommandOptions extends DeviceOptions, UpOptions {
  readonly messages: 'keep' | 'journal';
  readonly detach?: boolean;
  readonly logged?: boolean;
}

export const upCommand = (): Command =>
  withUpOptions(new Command('up'))
    .description('run the daemon in the foreground, until SIGTERM or Ctrl-C')
    .option('--detach', 'run it in the background, and end once it serves commands')
    .addOption(new Option('--logged', 'runs in the background: says when, and keeps its log within bounds').hideHelp())
    .action((options: UpCommandOptions) => (options.detach === true ? detach(options) : up(options)));

/** Adds what a daemon may be started with. */
export const withUpOptions = (command: Command): Command =>
  withDeviceOptions(command)
    .addOption(
      new Option('--messages <what>', 'keep: until they are taken (bowline messages --take); journal: taken on arrival')
        .choices(['keep', 'journal'])
        .default('keep'),
    )
    .option(
      '--inspector <port>',
      'serve the inspector on this port of 127.0.0.1, 0 for any; off: never; otherwise once "bowline inspect" asks',
      inspectorChoice,
    );

/** A port, or `off`. */
const inspectorChoice = (text: string): Exclude<InspectorChoice, null> => {
  if (text === 'off') return text;
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('It must be a port, 0 to 65535, or off.');
  return Number(text);
};

const detach = async (options: UpCommandOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const { dataDir } = hostOptions;
  makeDataDirectory(dataDir);
  if (await isDaemonRunning(dataDir, components)) throw new DaemonRunningError(dataDir);
  const passphrase = await neededPassphrase(hostOptions, components);
  const started = await startDetached(dataDir, { upArguments: upArguments(dataDir, options), passphrase }, components);
  const { device } = started;
  printer.result(
    readyJson(started),
    `${shownName(device.name)} (${device.id}) is up in the background. Its log: ${ownCommand(dataDir)} logs. To end it: ${ownCommand(dataDir)} down`,
  );
  for (const note of readyNotes(started, options.name, ownCommand(dataDir))) printer.note(note);
};

const up = async (options: UpCommandOptions): Promise<void> => {
  const { printer: unlogged, components, environment, ...context } = commandContext(options);
  const hostOptions = { ...context.hostOptions, messages: options.messages };
  const isLogged = options.logged === true;
  const printer = isLogged ? timedPrinter(unlogged, components.clock) : unlogged;
  const asked = new AbortController();
  const signal = AbortSignal.any([interruption(), asked.signal]);
  const { dataDir } = hostOptions;
  const unbound = isLogged ? boundDaemonLog(dataDir, components.clock) : () => undefined;
  const start = () => whileBusy(components.clock, () => startHost(hostOptions, components), signal);
  const host = await (isLogged
    ? onceUnlocked(start, { clock: components.clock, signal, note: printer.note })
    : start());
  const command = commandElsewhere(dataDir, environment.usualDataDir);
  const inspector = daemonInspector(host, options.inspector ?? null, isOneLine(command) ? command : null);
  const place = {
    dataDir,
    ...environment.socketFolders,
    stop: () => asked.abort(),
    openInspector: inspector.open,
    inspectorUrl: () => inspector.url,
  };
  const server = daemonServer(host, place, components);
  try {
    await inspector.start();
    await server.start();
    const { self: device } = host;
    const { relays, store } = await host.status();
    const started = { device, pid: process.pid, relays, store, inspectorUrl: inspector.url };
    printer.result(
      readyJson(started),
      `${shownName(device.name)} (${device.id}) is up. In another terminal: ${command} pair`,
    );
    for (const note of readyNotes(started, options.name, command)) printer.note(note);
    const cancel = host.onAny((event) => printer.note(discreetSentence(event)));
    await aborted(signal);
    cancel();
  } finally {
    await server.stop();
    await inspector.stop();
    await host.stop();
    unbound();
  }
};

/** Whether a text can be copied into a shell without being run half-way. */
const isOneLine = (text: string): boolean => !/\p{Cc}/u.test(text);

/** Starts the device; a command that has it for a moment, or a daemon that is just starting, ends in STORE_LOCKED. */
const startHost = async (options: HostOptions, components: HostComponents): Promise<Host> => {
  makeDataDirectory(options.dataDir);
  if (await isDaemonRunning(options.dataDir, components)) throw new DaemonRunningError(options.dataDir);
  const { createHost } = await import('@bowline/host');
  const host = createHost(options, components);
  await host.start();
  return host;
};

/** A daemon that serves commands. */
interface StartedDaemon {
  readonly device: DeviceSummary;
  readonly pid: number;
  readonly relays: readonly RelayReport[];
  readonly store: HostStatus['store'];
  readonly inspectorUrl: string | null;
}

/** The same, however it was started. */
const readyJson = ({ device, pid, relays, store, inspectorUrl }: StartedDaemon) => ({
  event: 'ready',
  device,
  pid,
  relays: relaysJson(relays),
  store,
  ...(inspectorUrl === null ? {} : { inspector: { url: inspectorUrl } }),
});

const namedNotes = (asked: string | undefined, name: string): readonly string[] => {
  if (asked === undefined) return [];
  if (cleanDisplayName(asked) !== name) return [`It is still called ${shownName(name)}: --name is for a new device.`];
  const note = nameNote(asked, name);
  return note === null ? [] : [note];
};

/** What a person should know of a daemon that has just started. @param asked the name that was asked for */
const readyNotes = (
  { device, relays, store, inspectorUrl }: StartedDaemon,
  asked: string | undefined,
  command: string,
): readonly string[] => {
  const served =
    inspectorUrl === null ? [] : [`The inspector is served at ${inspectorUrl}; to open it: ${command} inspect`];
  const keyNote = `The key of its store is ${keyPhrase(store.key)}.`;
  return [...served, keyNote, ...startNotes(relays), ...namedNotes(asked, device.name)];
};

/** Which relays a device starts without, and why. */
export const startNotes = (relays: readonly RelayReport[]): readonly string[] => {
  const down = relays.filter(({ state }) => state === 'down');
  // One sentence for all of them: nothing is wrong with any.
  if (down.length === relays.length && down.some(({ downReason }) => downReason === 'noNetwork'))
    return ['This device is on no network: no other device can reach it until it is connected to one.'];
  const notes = down.map(
    ({ url, downReason }) =>
      `Without ${url} for now: ${downReason === null ? 'it is down' : relayDownAdvice(downReason)}.`,
  );
  const isCutOff = down.length > 0 && down.length === relays.length;
  return isCutOff ? [...notes, 'No relay can be used yet: only devices on this network can reach this one.'] : notes;
};
