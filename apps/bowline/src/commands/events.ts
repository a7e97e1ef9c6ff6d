import type { JournalEntry } from '@bowline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { eventJson } from '../output/json-form.ts';
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
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  await using daemon = await openDaemon(hostOptions, components);
  const cancel = daemon.channel.on('told', (told) => {
    if (options.follow === true) printer.result(eventJson(told), `${clockTime(told.atMs)}  ${eventSentence(told)}`);
  });
  const limit = options.last ?? (options.follow === true ? 0 : DEFAULT_LAST);
  if (limit > 0) {
    const { entries } = await daemon.channel.request('readJournal', { afterPosition: -1, limit });
    for (const entry of entries) printer.result(journaled(entry), journalLine(entry));
  }
  if (options.follow === true) await Promise.race([aborted(signal), daemon.channel.closed]);
  cancel();
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
