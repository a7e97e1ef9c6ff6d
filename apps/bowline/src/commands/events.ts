import type { JournalEntry } from '@bowline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { answersOf, type DeviceAnswers, openAnswers } from '../daemon/device-answers.ts';
import { journalSentence, knownFrom } from '../output/journal-sentence.ts';
import { eventJson, journalJson } from '../output/json-shapes.ts';
import type { Printer } from '../output/printer.ts';
import { eventSentence } from '../output/sentences.ts';
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
  const known = knownFrom(entries, devices);
  for (const entry of entries) printer.result(journalJson(entry, devices), journalLine(entry, known));
};

const journalLine = (entry: JournalEntry, known: ReturnType<typeof knownFrom>): string =>
  `${localTime(entry.atMs)}  ${journalSentence(entry, known)}`;

const entryCount = (text: string): number => {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count > MAX_LAST) throw new InvalidArgumentError(`It must be 0 to ${MAX_LAST}.`);
  return count;
};
