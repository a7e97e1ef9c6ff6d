import { Command, InvalidArgumentError } from 'commander';
import { commandContext, type DeviceOptions, withDeviceOptions } from '../command-context.ts';
import { useDaemon } from '../daemon/daemon-client.ts';
import { reliabilityJson, timelineJson } from '../output/json-shapes.ts';
import { reliabilitySentence, timelineSentence } from '../output/timeline-sentences.ts';
import { visibleText } from '../output/visible-text.ts';

interface TimelineOptions extends DeviceOptions {
  readonly since: number;
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** As long as anything is kept. */
const MAX_SINCE_MS = 90 * UNIT_MS.d;

export const timelineCommand = (): Command =>
  withDeviceOptions(new Command('timeline'))
    .description('what happened to a device, and how well it was connected')
    .argument('<device>', 'name, id or beginning of an id')
    .option('--since <span>', 'how far back: 30m, 12h, 2d, 4w', timeSpan, 2 * UNIT_MS.d)
    .action(timeline);

const timeline = async (device: string, options: TimelineOptions): Promise<void> => {
  const { printer, hostOptions, components } = commandContext(options);
  await using daemon = await useDaemon(hostOptions.dataDir, components);
  const sinceMs = components.clock.nowMs() - options.since;
  const { device: found, entries, reliability } = await daemon.channel.request('timeline', { device, sinceMs });
  for (const entry of entries) {
    printer.result(timelineJson(entry), visibleText(timelineSentence(entry, found.name)));
  }
  printer.result(reliabilityJson(reliability), visibleText(reliabilitySentence(reliability, found.name)));
};

/** `2d` in milliseconds. */
export const timeSpan = (text: string): number => {
  const [, count = '', unit = ''] = /^([0-9]{1,6})([mhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit as keyof typeof UNIT_MS] ?? 0);
  if (ms < UNIT_MS.m || ms > MAX_SINCE_MS)
    throw new InvalidArgumentError('It must be a span such as 30m, 12h, 2d or 4w, up to 90d.');
  return ms;
};
