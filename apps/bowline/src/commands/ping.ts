import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, errorMessage, type PathKind } from '@bowline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import {
  type CommandOutcome,
  commandContext,
  type DeviceOptions,
  interruption,
  withDeviceOptions,
} from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { EXIT_CODES, exitCodeOf } from '../exit-codes.ts';
import { pathJson, roundedMs } from '../output/json-shapes.ts';
import { pathPhrase } from '../output/phrases.ts';

interface PingOptions extends DeviceOptions {
  readonly count?: number;
  readonly untilDirect?: boolean;
}

const DEFAULT_COUNT = 4;
/** Hole punching is over long before; what is not direct by then stays on a relay. */
const DEFAULT_COUNT_UNTIL_DIRECT = 60;
const MAX_COUNT = 10_000;
const INTERVAL_MS = 500;

/** No such device: asking again helps nobody. */
const NO_DEVICE_CODES: ReadonlySet<string | undefined> = new Set(['DEVICE_NOT_FOUND', 'DEVICE_UNKNOWN']);

export const pingCommand = (outcome: CommandOutcome): Command =>
  withDeviceOptions(new Command('ping'))
    .description('measure round trips to a device, and tell the path they take')
    .argument('<device>', 'name, id or beginning of an id')
    .option(
      '-c, --count <count>',
      `how many (${DEFAULT_COUNT}, or ${DEFAULT_COUNT_UNTIL_DIRECT} with --until-direct)`,
      pingCount,
    )
    .option('--until-direct', 'end as soon as the path is direct')
    .action(async (device: string, options: PingOptions) => {
      outcome.exitCode = await ping(device, options);
    });

const ping = async (device: string, options: PingOptions) => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  const isUntilDirect = options.untilDirect === true;
  const count = options.count ?? (isUntilDirect ? DEFAULT_COUNT_UNTIL_DIRECT : DEFAULT_COUNT);
  await using daemon = await openDaemon(hostOptions, components, {
    isForKnownDevice: true,
    note: printer.note,
  });
  const tally: PingTally = { sent: 0, rttsMs: [], path: null };
  while (tally.sent < count && !signal.aborted) {
    if (tally.sent > 0) await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    tally.sent += 1;
    const sequence = tally.sent;
    try {
      const { rttMs, path } = await daemon.channel.request('ping', { device }, { signal });
      tally.rttsMs.push(rttMs);
      tally.path = path?.kind ?? null;
      const rounded = roundedMs(rttMs);
      printer.result(
        { event: 'ping', sequence, ...pathJson(path), rttMs: rounded },
        `${sequence}: ${rounded} ms ${pathPhrase(tally.path)}`,
      );
    } catch (error) {
      if (signal.aborted) break;
      if (exitCodeOf(error) !== EXIT_CODES.notFound || NO_DEVICE_CODES.has(errorCode(error))) throw error;
      const reason = errorMessage(error);
      printer.result(
        { event: 'pingLost', sequence, code: errorCode(error), reason },
        `${sequence}: no answer: ${reason}`,
      );
    }
    if (isUntilDirect && tally.path === 'direct') break;
  }
  printer.result(summaryOf(tally), summarySentence(tally));
  const isDone = isUntilDirect ? tally.path === 'direct' : tally.rttsMs.length > 0;
  return isDone ? EXIT_CODES.done : EXIT_CODES.notFound;
};

/** What came of a row of pings. */
export interface PingTally {
  sent: number;
  readonly rttsMs: number[];
  /** Of the last answer. */
  path: PathKind | null;
}

/** The tally as programs read it. */
export const summaryOf = ({ sent, rttsMs, path }: PingTally) => {
  const isEmpty = rttsMs.length === 0;
  return {
    event: 'pingSummary',
    sent,
    answered: rttsMs.length,
    minRttMs: isEmpty ? null : roundedMs(Math.min(...rttsMs)),
    averageRttMs: isEmpty ? null : roundedMs(rttsMs.reduce((sum, each) => sum + each, 0) / rttsMs.length),
    maxRttMs: isEmpty ? null : roundedMs(Math.max(...rttsMs)),
    path,
  };
};

/** The tally in one line for a person. */
export const summarySentence = (tally: PingTally): string => {
  const { sent, answered, minRttMs, averageRttMs, maxRttMs, path } = summaryOf(tally);
  const lost = sent === 0 ? 0 : Math.round(((sent - answered) / sent) * 100);
  const counts = `${sent} sent, ${answered} answered (${lost} % lost)`;
  if (answered === 0) return `${counts}.`;
  return `${counts}; ${minRttMs} ms at least, ${averageRttMs} ms on average, ${maxRttMs} ms at most; last ${pathPhrase(path)}.`;
};

const pingCount = (text: string): number => {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < 1 || count > MAX_COUNT) {
    throw new InvalidArgumentError(`It must be 1 to ${MAX_COUNT}.`);
  }
  return count;
};
