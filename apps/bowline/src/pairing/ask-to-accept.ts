import { confirm, isCancel } from '@clack/prompts';

interface Question {
  readonly authenticationString: string;
  readonly peerName: string;
  /** What the device is called here that would be paired anew; `null` for a new one. */
  readonly renewsName: string | null;
  readonly signal: AbortSignal;
}

/** Asks the person to compare the authentication strings. Ending the prompt is a no. */
export const askToAccept = async ({ signal, ...question }: Question): Promise<boolean> => {
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
  const shown = `${authenticationString.slice(0, 3)} ${authenticationString.slice(3)}`;
  const renewal = renewsName === null ? '' : `, is paired already (here: "${renewsName}") and would be paired anew`;
  return `"${peerName}" has the code${renewal}. Does it show ${shown} as well?`;
};
