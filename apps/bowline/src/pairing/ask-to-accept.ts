import { confirm, isCancel } from '@clack/prompts';
import { spacedDigits } from './spaced-digits.ts';

interface Question {
  readonly authenticationString: string;
  readonly peerName: string;
  /** What the device is called here that would be paired anew; `null` for a new one. */
  readonly renewsName: string | null;
  readonly signal: AbortSignal;
}

/** Long enough for what was typed already to be read, short enough not to swallow an answer. */
const TYPED_AHEAD_MS = 50;

/**
 * Forgets what was typed before the question was there: nobody can have compared digits that were not shown. A line that was
 * begun comes without its end only in raw mode.
 */
export const dropTypedAhead = async (
  input: Pick<NodeJS.ReadStream, 'resume' | 'pause' | 'setRawMode'>,
): Promise<void> => {
  input.setRawMode(true);
  input.resume();
  await new Promise((resolve) => setTimeout(resolve, TYPED_AHEAD_MS));
  input.pause();
  input.setRawMode(false);
};

/** Asks the person to compare the authentication strings. Ending the prompt is a no. */
export const askToAccept = async ({ signal, ...question }: Question): Promise<boolean> => {
  if (process.stdin.isTTY) await dropTypedAhead(process.stdin);
  const answer = await confirm({
    message: questionOf(question),
    active: 'Yes, pair',
    inactive: 'No',
    initialValue: false,
    signal,
  });
  return !isCancel(answer) && answer;
};

/** What is asked, in one line. */
export const questionOf = ({ authenticationString, peerName, renewsName }: Omit<Question, 'signal'>): string => {
  const shown = spacedDigits(authenticationString);
  const renewal = renewsName === null ? '' : `, is paired already (here: "${renewsName}") and would be paired anew`;
  return `"${peerName}" has the code${renewal}. Does it show ${shown} as well?`;
};
