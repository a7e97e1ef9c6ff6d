import { BowlineError, brandAs, errorCode, type PairingSessionId } from '@bowline/contracts';
import { Command } from 'commander';
import {
  type CommandOutcome,
  commandContext,
  type DeviceOptions,
  interruption,
  withDeviceOptions,
} from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { followPairing } from '../pairing/follow-pairing.ts';
import { policyOf } from './pair.ts';

interface JoinCommandOptions extends DeviceOptions {
  readonly yes?: boolean;
}

export const joinCommand = (outcome: CommandOutcome): Command =>
  withDeviceOptions(new Command('join'))
    .description('join another device with its twelve words, its ticket, or the ticket as JSON')
    .argument('<code...>', 'the code; words may be given with or without quotes')
    .option('--yes', 'accept without comparing the number on both screens')
    .action(async (code: readonly string[], options: JoinCommandOptions) => {
      outcome.exitCode = await join(code.join(' '), options);
    });

/** Codes that say "this cannot be a right code": known before anybody is looked for. */
const INVALID_CODES: ReadonlySet<string | undefined> = new Set([
  'PAIRING_CODE_INVALID',
  'TICKET_INVALID',
  'TICKET_NEWER',
]);

const join = async (code: string, options: JoinCommandOptions) => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  await using daemon = await openDaemon(hostOptions, components);
  const sessionId = brandAs<PairingSessionId>(`join-${Buffer.from(components.random.bytes(9)).toString('base64url')}`);
  const following = followPairing({
    channel: daemon.channel,
    printer,
    signal,
    isOurs: (id) => id === sessionId,
    role: 'joiner',
  });
  try {
    await daemon.channel.request('join', { sessionId, code, policy: policyOf(options) });
  } catch (error) {
    if (!(error instanceof BowlineError) || !INVALID_CODES.has(errorCode(error))) throw error;
    printer.result({ event: 'failed', code: error.code, reason: error.message, attempts: [] }, null);
    printer.note(error.message);
    return exitCodeOf(error);
  }
  return await following.outcome(() => sessionId);
};
