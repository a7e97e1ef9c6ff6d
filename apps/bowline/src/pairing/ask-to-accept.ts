import { confirm, isCancel } from '@clack/prompts';
import { spacedDigits } from './spaced-digits.ts';

interface Question {
  readonly authenticationString: string;
  readonly peerName: string;
  readonly signal: AbortSignal;
}

/** Asks the person to compare the authentication strings. Ending the prompt is a no. */
export const askToAccept = async ({ authenticationString, peerName, signal }: Question): Promise<boolean> => {
  const shown = spacedDigits(authenticationString);
  const answer = await confirm({
    message: `"${peerName}" has the code. Does it show ${shown} as well?`,
    active: 'Yes, pair',
    inactive: 'No',
    initialValue: false,
    signal,
  });
  return !isCancel(answer) && answer;
};
