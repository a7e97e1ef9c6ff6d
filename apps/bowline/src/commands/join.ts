import { BowlineError, brandAs, errorCode, type PairingSessionId } from '@bowline/contracts';
import { MAX_CODE_CHARACTERS } from '@bowline/pairing-code';
import { Command } from 'commander';
import {
  type CommandOutcome,
  commandContext,
  type DeviceOptions,
  interruption,
  withDeviceOptions,
} from '../command-context.ts';
import { openDaemon } from '../daemon/daemon-client.ts';
import { WrongUseError } from '../errors.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { progressOn } from '../output/progress.ts';
import { askForCode } from '../pairing/ask-for-code.ts';
import { placeArgument } from '../pairing/at-argument.ts';
import { followPairing } from '../pairing/follow-pairing.ts';
import { readText } from '../read-text.ts';
import { policyOf } from './pair.ts';

interface JoinCommandOptions extends DeviceOptions {
  readonly yes?: boolean;
  readonly renew?: boolean;
  readonly at?: string;
}

export const joinCommand = (outcome: CommandOutcome): Command =>
  withDeviceOptions(new Command('join'))
    .description('join another device with its twelve words, its ticket, or the ticket as JSON')
    .argument(
      '[code...]',
      'left out, the code is asked for; - reads it from standard input; given here, others on this machine can read it',
    )
    .option('--yes', 'accept without comparing the number on both screens')
    .option('--renew', 'pair a device anew that is paired already; its name and history stay')
    .option(
      '--at <host:port>',
      'look there, too: where the other device shows its code with --at; HOST is a name or an address',
      placeArgument,
    )
    .action(async (code: readonly string[], options: JoinCommandOptions) => {
      outcome.exitCode = await join(code.join(' '), options);
    });

/** As much as is looked at, in characters of four bytes. */
const MAX_CODE_BYTES = 4 * MAX_CODE_CHARACTERS;

/** What a person is told who gives the code as an argument, also where a program does it for them. */
const EXPOSED =
  'The code is an argument of this command, so everybody on this machine can read it while the command runs. Given no code, "bowline join" asks for it; "bowline join -" reads it from standard input.';

/** Codes that say "this cannot be a right code": known before anybody is looked for. */
const INVALID_CODES: ReadonlySet<string | undefined> = new Set([
  'PAIRING_CODE_INVALID',
  'TICKET_INVALID',
  'TICKET_NEWER',
]);

const join = async (given: string, options: JoinCommandOptions) => {
  const { printer, hostOptions, components } = commandContext(options);
  const signal = interruption();
  if (given !== '' && given !== '-') printer.warning({ event: 'codeExposed', message: EXPOSED });
  const code = await readCode(given, signal);
  await using daemon = await openDaemon(hostOptions, components);
  const sessionId = brandAs<PairingSessionId>(`join-${Buffer.from(components.random.bytes(9)).toString('base64url')}`);
  const progress = progressOn(process.stderr, components.clock, printer.isJson);
  progress.say('Looking for the other device');
  const following = followPairing({
    channel: daemon.channel,
    printer,
    signal,
    isOurs: (id) => id === sessionId,
    role: 'joiner',
    progress,
  });
  try {
    const renew = options.renew === true;
    const place = options.at === undefined ? {} : { at: options.at };
    await daemon.channel.request('join', { sessionId, code, policy: policyOf(options), renew, ...place });
  } catch (error) {
    progress.stop();
    if (!(error instanceof BowlineError) || !INVALID_CODES.has(errorCode(error))) throw error;
    printer.result({ event: 'failed', code: error.code, reason: error.message, attempts: [] }, null);
    printer.note(error.message);
    return exitCodeOf(error);
  }
  return await following.outcome(() => sessionId);
};

const readCode = async (given: string, signal: AbortSignal): Promise<string> => {
  if (given === '-') return readText(process.stdin, MAX_CODE_BYTES, 'A code');
  if (given !== '') return given;
  if (!process.stdin.isTTY)
    throw new WrongUseError('There is no terminal to ask for the code at. Give it on standard input: bowline join -');
  return askForCode(signal);
};
