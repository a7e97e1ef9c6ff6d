import type { BlockedDevice, DeviceReport, JournalEntry, PeerDevice, ServedReport } from '@bowline/contracts';
import type { HostComponents, HostOptions } from '@bowline/host';
import { checkDataDirectory, checkDataDirectoryOwner } from '../data-directory.ts';
import { NoDeviceError } from '../errors.ts';
import type { Printer } from '../output/printer.ts';
import { clientOf, type DaemonClient } from './daemon-client.ts';
import { connectDaemon } from './daemon-connection.ts';
import { whileBusy } from './while-busy.ts';

/** Answers to questions that need no network. */
export interface DeviceAnswers extends AsyncDisposable {
  devices(): Promise<readonly PeerDevice[]>;
  blocked(): Promise<readonly BlockedDevice[]>;
  /** What is served; `null` of a device that does not run. */
  served(): Promise<readonly ServedReport[] | null>;
  /** How they are connected now: nothing of a device that does not run. */
  peers(): Promise<readonly DeviceReport[]>;
  journal(range: { readonly afterPosition: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
}

/**
 * Asks the daemon, and where none runs what is stored: a question starts nothing that other devices would notice, and
 * makes no device. The person is told which of them answers.
 */
export const openAnswers = (
  options: HostOptions,
  components: HostComponents,
  printer: Printer,
): Promise<DeviceAnswers> =>
  whileBusy(components.clock, async () => {
    checkDataDirectoryOwner(options.dataDir);
    const socket = await connectDaemon(options.dataDir, components);
    if (socket === undefined) return openStored(options, components, printer);
    return answersOf(await clientOf(options.dataDir, socket, components));
  });

/** The answers of a running daemon. */
export const answersOf = (client: DaemonClient): DeviceAnswers => ({
  devices: async () => (await client.channel.request('devices', {})).devices,
  blocked: async () => (await client.channel.request('blocked', {})).devices,
  served: async () => (await client.channel.request('served', {})).services,
  peers: async () => (await client.channel.request('status', {})).peers,
  journal: async (range) => (await client.channel.request('readJournal', range)).entries,
  [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
});

const openStored = async (
  options: HostOptions,
  components: HostComponents,
  printer: Printer,
): Promise<DeviceAnswers> => {
  checkDataDirectory(options.dataDir);
  // Loaded only here: a command that finds a daemon needs none of it, and starts in half the time.
  const { openStoredDevice } = await import('@bowline/host');
  const stored = await openStoredDevice(options, components);
  printer.note(
    stored === null
      ? new NoDeviceError(options.dataDir).message
      : `No daemon runs for ${options.dataDir}; this is what it has stored.`,
  );
  return {
    devices: async () => stored?.devices ?? [],
    blocked: async () => stored?.blocked ?? [],
    served: async () => null,
    peers: async () => [],
    journal: async (range) => (await stored?.journal(range)) ?? [],
    [Symbol.asyncDispose]: async () => stored?.[Symbol.asyncDispose](),
  };
};
