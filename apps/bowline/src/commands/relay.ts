import { LEAST_RELAY_BUDGET_BYTES, type RelayAnswer, type RelayBudget } from '@bowline/contracts';
import { Command } from 'commander';
import { commandContext, type DeviceOptions, relayChoiceOf, withDeviceOptions } from '../command-context.ts';
import { openDaemon, useDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';
import { byteCount, byteCountOf } from '../output/byte-count.ts';
import { relaysJson } from '../output/json-shapes.ts';
import { relayProblemPhrase } from '../output/phrases.ts';
import { relayPage } from '../output/relay-page.ts';
import { discoverySentence } from '../output/sentences.ts';
import { table } from '../output/table.ts';
import { lookOf } from '../output/terminal-look.ts';
import { visibleText } from '../output/visible-text.ts';
import { relayServeCommand } from './relay-serve.ts';
import { relaySwitchboardCommand } from './relay-switchboard.ts';

export const relayCommand = (): Command =>
  new Command('relay')
    .description('host a relay, or see and choose the relays of this device')
    .addCommand(relayServeCommand())
    .addCommand(relaySwitchboardCommand())
    .addCommand(statusCommand())
    .addCommand(setCommand())
    .addCommand(pinCommand())
    .addCommand(budgetCommand());

const statusCommand = (): Command =>
  withDeviceOptions(new Command('status'))
    .description('show the relays of this device, and what went through them')
    .action(async (options: DeviceOptions) => {
      const { printer, hostOptions, components } = commandContext(options);
      await using daemon = await useDaemon(hostOptions.dataDir, components);
      const { relays, network } = await daemon.channel.request('status', {});
      const { addressDiscovery } = network;
      const traffic = await daemon.channel.request('traffic', {});
      const { devices } = await daemon.channel.request('devices', {});
      const asked = addressDiscovery === null ? '' : `\n${discoverySentence(addressDiscovery)}.`;
      printer.result(
        { event: 'relayStatus', relays: relaysJson(relays), addressDiscovery, traffic },
        { drawn: `${relayPage(relays, traffic, devices, lookOf(process.stdout))}${visibleText(asked)}` },
      );
    });

const setCommand = (): Command =>
  withDeviceOptions(new Command('set'))
    .description('choose the relays of this device, now and for later starts')
    .argument(
      '<relay...>',
      '"default", "disabled", or relay URLs; URL#quic or URL#quic=PORT: it offers address discovery',
    )
    .action((given: readonly string[], options: DeviceOptions) => choose(given, options, undefined));

const pinCommand = (): Command =>
  withDeviceOptions(new Command('pin'))
    .description('choose relays like "set", and make the first one home whenever it works')
    .argument('<url...>', 'the relay to pin, then others to stand by')
    .action((given: readonly string[], options: DeviceOptions) => choose(given, options, given[0]));

const choose = async (given: readonly string[], options: DeviceOptions, pinned: string | undefined): Promise<void> => {
  const { printer, hostOptions, components, environment } = commandContext(options);
  const isPinned = pinned !== undefined;
  if (isPinned && given.some((each) => each === 'default' || each === 'disabled')) {
    throw new WrongUseError(
      `Only a relay can be pinned, and "${pinned}" is none: give the URL of one. "bowline relay set ${pinned}" chooses it.`,
    );
  }
  const relay = relayChoiceOf(given, { token: environment.relayToken, pinned }) ?? 'default';
  await using daemon = await openDaemon(hostOptions, components);
  const { answers } = await daemon.channel.request('setRelays', { relay });
  printer.result({ event: 'relaysChosen', relays: given, answers }, answerPage(given, answers));
};

const budgetOf = (option: string, text: string): number | null => {
  const bytes = byteCountOf(option, text);
  if (bytes !== null && bytes < LEAST_RELAY_BUDGET_BYTES) {
    throw new WrongUseError(`${option} must be at least 1.05MB a day, or "none"; received "${text}".`);
  }
  return bytes;
};

const NO_BUDGET: RelayBudget = { peerBytesPerDay: null, totalBytesPerDay: null };

const budgetCommand = (): Command =>
  withDeviceOptions(new Command('budget'))
    .description('show or limit what may go through relays in a day (UTC); a trickle always passes')
    .option('--per-device <size>', 'for each device, such as 500MB, or "none"; left out, it stays as it is')
    .option('--total <size>', 'for all devices together, such as 2GB, or "none"; left out, it stays as it is')
    .action(async (options: DeviceOptions & { readonly perDevice?: string; readonly total?: string }) => {
      const { printer, hostOptions, components } = commandContext(options);
      const { perDevice, total } = options;
      const given = {
        ...(perDevice === undefined ? {} : { peerBytesPerDay: budgetOf('--per-device', perDevice) }),
        ...(total === undefined ? {} : { totalBytesPerDay: budgetOf('--total', total) }),
      };
      const isChange = Object.keys(given).length > 0;
      await using daemon = isChange
        ? await openDaemon(hostOptions, components)
        : await useDaemon(hostOptions.dataDir, components);
      const { budget: before } = await daemon.channel.request('traffic', {});
      const wanted = { ...(before ?? NO_BUDGET), ...given };
      const budget = wanted.peerBytesPerDay === null && wanted.totalBytesPerDay === null ? null : wanted;
      if (isChange) await daemon.channel.request('setRelayBudget', { budget });
      const limit = (bytes: number | null) => (bytes === null ? 'no limit' : `${byteCount(bytes)} a day`);
      printer.result(
        { event: isChange ? 'relayBudgetSet' : 'relayBudget', budget },
        `Through relays: ${limit(wanted.peerBytesPerDay)} for each device, ${limit(wanted.totalBytesPerDay)} in all.`,
      );
    });

/** What was chosen, and which of it answers. */
export const answerPage = (given: readonly string[], answers: readonly RelayAnswer[]): string => {
  const rows = answers.map(({ url, rttMs, problem }) => [
    `  ${url}`,
    problem === null
      ? `answers in ${rttMs} ms`
      : `is not there now: ${relayProblemPhrase(problem)}. It is tried again and again`,
  ]);
  return [`Relays: ${given.join(', ')}.`, ...(rows.length === 0 ? [] : [table(rows)])].join('\n');
};
