import type { ConfirmationPolicy, PairingSessionId } from '@bowline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import {
  type CommandOutcome,
  commandContext,
  type DeviceOptions,
  interruption,
  withDeviceOptions,
} from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { lookOf } from '../output/terminal-look.ts';
import { type ShownAt, shownAtArgument } from '../pairing/at-argument.ts';
import { followPairing } from '../pairing/follow-pairing.ts';
import { pairingPage } from '../pairing/pairing-page.ts';
import { sharingNote } from '../pairing/sharing-note.ts';

interface PairCommandOptions extends DeviceOptions {
  readonly yes?: boolean;
  readonly ttl: number;
  readonly shareRelayToken?: boolean;
  readonly renew?: boolean;
  readonly at?: ShownAt;
}

const DEFAULT_TTL_SECONDS = 300;

/** What the pairing itself allows. */
const MIN_TTL_SECONDS = 1;
const MAX_TTL_SECONDS = 3_600;

export const pairCommand = (outcome: CommandOutcome): Command =>
  withDeviceOptions(new Command('pair'))
    .description('show twelve words, a QR code and a ticket, and wait for the other device')
    .option('--yes', 'accept whoever has the code, without asking')
    .option('--ttl <seconds>', 'how long the code can be used', wholeSeconds, DEFAULT_TTL_SECONDS)
    .option('--renew', 'pair a device anew that is paired already; its name and history stay')
    .option(
      '--at <[host:]port>',
      'let the code be found at this UDP port of this machine, too; HOST is what the other device calls it',
      shownAtArgument,
    )
    .option('--share-relay-token', 'put the token of your relays into the ticket, for a device that has none')
    .action(async (options: PairCommandOptions) => {
      outcome.exitCode = await pair(options);
    });

const pair = async (options: PairCommandOptions) => {
  const { printer, hostOptions, components } = commandContext(options);
  const policy = policyOf(options);
  const signal = interruption();
  await using daemon = await openDaemon(hostOptions, components);
  let sessionId: PairingSessionId | undefined;
  const following = followPairing({
    channel: daemon.channel,
    printer,
    signal,
    isOurs: (id) => id === sessionId,
    role: 'initiator',
  });
  const shareRelayToken = options.shareRelayToken === true;
  const renew = options.renew === true;
  const at = options.at ?? null;
  const rendezvous = at === null ? {} : { rendezvousPort: at.port };
  const asked = { ttlMs: options.ttl * 1_000, policy, shareRelayToken, renew, ...rendezvous };
  const offer = await daemon.channel.request('pair', asked);
  sessionId = offer.sessionId;
  const { words, ticket, expiresAtMs, sharedTokenUrls } = offer;
  printer.result(
    { event: 'code', words, ticket, expiresAtMs, sharedTokenUrls, at },
    {
      drawn: pairingPage({ ...offer, at }, components.clock.nowMs(), lookOf(process.stdout)),
    },
  );
  if (shareRelayToken) printer.note(sharingNote(sharedTokenUrls));
  return await following.outcome(() => sessionId);
};

/** Only a person at a terminal can compare the authentication string; for everybody else the code alone decides. */
export const policyOf = ({ yes, json }: { readonly yes?: boolean; readonly json?: boolean }): ConfirmationPolicy =>
  yes === true || json === true || !process.stdin.isTTY ? 'accept' : 'ask';

const wholeSeconds = (text: string): number => {
  const seconds = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || seconds < MIN_TTL_SECONDS || seconds > MAX_TTL_SECONDS) {
    throw new InvalidArgumentError(`It must be ${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS} seconds.`);
  }
  return seconds;
};
