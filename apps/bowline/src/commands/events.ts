import type { DeviceSummary, HostEvent, JournalEntry, PathKind } from '@bowline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { answersOf, type DeviceAnswers, openAnswers } from '../daemon/device-answers.ts';
import { eventJson, journalJson } from '../output/json-shapes.ts';
import { pathPhrase } from '../output/phrases.ts';
import type { Printer } from '../output/printer.ts';
import { eventSentence } from '../output/sentences.ts';
import { shownName } from '../output/shown-name.ts';
import { localTime } from '../output/times.ts';

interface EventsOptions extends DeviceOptions {
  readonly follow?: boolean;
  readonly last?: number;
}

const DEFAULT_LAST = 20;
const MAX_LAST = 1_000;

export const eventsCommand = (): Command =>
  withDeviceOptions(new Command('events'))
    .description('print what was journaled; with --follow, what happens from now on')
    .option('--follow', 'stay and print every event as it happens')
    .option('--last <count>', `journal entries to print first (without --follow: ${DEFAULT_LAST})`, entryCount)
    .action(events);

const events = async (options: EventsOptions): Promise<void> => {
  await (options.follow === true ? follow(options) : show(options));
};

const show = async (options: EventsOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using answers = await openAnswers(hostOptions, components, printer);
  await printJournal(printer, options.last ?? DEFAULT_LAST, answers);
};

const follow = async (options: EventsOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const cancel = daemon.channel.on('told', (told) => {
    printer.result(eventJson(told), `${localTime(told.atMs)}  ${eventSentence(told)}`);
  });
  await printJournal(printer, options.last ?? 0, answersOf(daemon));
  await Promise.race([aborted(signal), daemon.channel.closed]);
  cancel();
};

const printJournal = async (printer: Printer, limit: number, answers: DeviceAnswers): Promise<void> => {
  if (limit === 0) return;
  const entries = await answers.journal({ afterPosition: -1, limit });
  const devices = await answers.devices();
  for (const entry of entries) printer.result(journalJson(entry, devices), journalLine(entry, devices));
};

const journalLine = (entry: JournalEntry, known: readonly DeviceSummary[]): string =>
  `${localTime(entry.atMs)}  ${journalSentence(entry, known)}`;

/** The sentence of the event that was journaled; an entry of another Bowline is named as it is. */
const journalSentence = ({ event, deviceId, data }: JournalEntry, known: readonly DeviceSummary[]): string => {
  const device = known.find(({ id }) => id === deviceId);
  const name = device?.name ?? deviceId ?? 'this device';
  const about = { event, deviceId, name, from: deviceId, fromName: name, ...data } as unknown as HostEvent;
  if (event === 'device.connected') return `${shownName(name)} connected ${pathPhrase(pathKindOf(data.path))}`;
  if (event === 'pairing.completed') return `paired with ${shownName(name)}${data.isRenewed === true ? ' anew' : ''}`;
  return JOURNALED.has(event) ? eventSentence(about) : `${event}: ${shownName(name)}`;
};

const pathKindOf = (path: unknown): PathKind | null => (path === 'direct' || path === 'relay' ? path : null);

/** Events whose journal entry holds all that its sentence says. */
const JOURNALED: ReadonlySet<string> = new Set([
  'message.received',
  'device.disconnected',
  'device.removed',
  'device.renamed',
]);

const entryCount = (text: string): number => {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count > MAX_LAST) throw new InvalidArgumentError(`It must be 0 to ${MAX_LAST}.`);
  return count;
};
