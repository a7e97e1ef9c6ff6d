import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { daemonLogFile, earlierLogFile, MAX_LOG_BYTES } from '../background/daemon-log.ts';
import { aborted, commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { NoLogError } from '../errors.ts';
import type { Printer } from '../output/printer.ts';

interface LogsOptions extends DeviceOptions {
  readonly follow?: boolean;
  readonly lines: number;
}

const DEFAULT_LINES = 50;
const LOOK_INTERVAL_MS = 250;

export const logsCommand = (): Command =>
  withDeviceOptions(new Command('logs'))
    .description('print what the daemon in the background wrote')
    .option('-n, --lines <count>', 'how many of the last lines', lineCount, DEFAULT_LINES)
    .option('-f, --follow', 'stay and print what it writes from now on')
    .action(logs);

const logs = async (options: LogsOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const { dataDir } = hostOptions;
  const file = daemonLogFile(dataDir);
  const signal = interruption();
  if (statSync(file, { throwIfNoEntry: false }) === undefined) throw new NoLogError(dataDir);
  const before = readFrom(earlierLogFile(dataDir), 0);
  let at = readFrom(file, 0);
  const all = linesOf(before.text + at.text);
  for (const line of options.lines === 0 ? [] : all.slice(-options.lines)) print(printer, line);
  if (options.follow !== true) return;
  let rest = '';
  const look = (): void => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    // Smaller than before: it was put aside, and begins anew.
    const next = readFrom(file, size < at.endsAtByte ? 0 : at.endsAtByte);
    at = next;
    const text = rest + next.text;
    rest = text.slice(text.lastIndexOf('\n') + 1);
    for (const line of linesOf(text.slice(0, text.length - rest.length))) print(printer, line);
    cancel = components.clock.setTimer(LOOK_INTERVAL_MS, look);
  };
  let cancel = components.clock.setTimer(LOOK_INTERVAL_MS, look);
  await aborted(signal);
  cancel();
};

const print = (printer: Printer, line: string): void => printer.result({ event: 'log', line }, line);

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** What stands in a file from a byte on; nothing where there is no file. */
const readFrom = (file: string, fromByte: number): { readonly text: string; readonly endsAtByte: number } => {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return { text: '', endsAtByte: 0 };
  const descriptor = openSync(file, 'r');
  try {
    const sizeBytes = Math.min(fstatSync(descriptor).size - fromByte, 2 * MAX_LOG_BYTES);
    const bytes = Buffer.alloc(Math.max(0, sizeBytes));
    const readBytes = readSync(descriptor, bytes, 0, bytes.byteLength, fromByte);
    return { text: bytes.toString('utf8', 0, readBytes), endsAtByte: fromByte + readBytes };
  } finally {
    closeSync(descriptor);
  }
};

const lineCount = (text: string): number => {
  if (!/^[0-9]{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of lines.');
  return Number(text);
};
