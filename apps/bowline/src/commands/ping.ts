import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { commandContext, type DeviceOptions, interruption, withDeviceOptions } from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { pathPhrase } from '../output/sentences.ts';

interface PingOptions extends DeviceOptions {
  readonly count: number;
}

const DEFAULT_COUNT = 4;
const MAX_COUNT = 10_000;
const INTERVAL_MS = 500;

export const pingCommand = (): Command =>
  withDeviceOptions(new Command('ping'))
    .description('measure round trips to a device, and tell the path they take')
    .argument('<device>', 'name, id or beginning of an id')
    .option('-c, --count <count>', 'how many', pingCount, DEFAULT_COUNT)
    .action(ping);

const ping = async (device: string, options: PingOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  await using daemon = await openDaemon(hostOptions, components, {
    isForKnownDevice: true,
    note: printer.note,
  });
  for (let sequence = 1; sequence <= options.count && !signal.aborted; sequence += 1) {
    const { rttMs, path } = await daemon.channel.request('ping', { device });
    const rounded = Math.round(rttMs * 100) / 100;
    printer.result(
      { sequence, rttMs: rounded, path: path?.kind ?? null, remoteAddress: path?.remoteAddress ?? null },
      `${sequence}: ${rounded} ms ${pathPhrase(path?.kind ?? null)}`,
    );
    if (sequence < options.count) await delay(INTERVAL_MS);
  }
};

const pingCount = (text: string): number => {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < 1 || count > MAX_COUNT) {
    throw new InvalidArgumentError(`It must be 1 to ${MAX_COUNT}.`);
  }
  return count;
};
