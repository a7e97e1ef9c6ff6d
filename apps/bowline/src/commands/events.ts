import type { JournalEntry } from '@bowline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { type DeviceAnswers, openAnswers } from '../daemon/device-answers.ts';
import type { Printer } from '../output/printer.ts';
import { eventSentence } from '../output/sentences.ts';

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
  await printJournal(printer, options.last ?? DEFAULT_LAST, answers.journal);
};

const follow = async (options: EventsOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const cancel = daemon.channel.on('told', (told) => {
    printer.result({ ...told }, `${clockTime(told.atMs)}  ${eventSentence(told)}`);
  });
  await printJournal(printer, options.last ?? 0, async (range) => {
    const { entries } = await daemon.channel.request('readJournal', range);
    return entries;
  });
  await Promise.race([aborted(signal), daemon.channel.closed]);
  cancel();
};

const printJournal = async (printer: Printer, limit: number, journal: DeviceAnswers['journal']): Promise<void> => {
  if (limit === 0) return;
  for (const entry of await journal({ afterPosition: -1, limit })) printer.result(journaled(entry), journalLine(entry));
};

/** A journal entry in the shape of the live event it came from. */
const journaled = ({ event, deviceId, atMs, position, data }: JournalEntry) => ({
  event,
  ...(event === 'message.received' ? { from: deviceId } : { deviceId }),
  ...data,
  atMs,
  position,
});

const journalLine = ({ atMs, event, deviceId, data }: JournalEntry): string =>
  `${new Date(atMs).toLocaleString()}  ${event}  ${deviceId ?? ''}  ${JSON.stringify(data)}`;

const clockTime = (atMs: number): string => new Date(atMs).toLocaleTimeString();

const entryCount = (text: string): number => {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count > MAX_LAST) throw new InvalidArgumentError(`It must be 0 to ${MAX_LAST}.`);
  return count;
};
