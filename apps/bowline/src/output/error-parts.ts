import { BowlineError, errorMessage } from '@bowline/contracts';

/** What an error says, apart. */
export interface ErrorParts {
  /** What happened, and why. */
  readonly sentence: string;
  /** What to do about it, where the error says it apart; `null` where that is within the sentence. */
  readonly remedy: string | null;
}

/** Takes the remedy from behind an error's message, so that both are said in the words in which every command says them. */
export const errorParts = (error: unknown): ErrorParts => {
  const message = errorMessage(error);
  const remedy = error instanceof BowlineError ? error.data.remedy : undefined;
  if (typeof remedy !== 'string' || !message.endsWith(remedy)) return { sentence: message, remedy: null };
  return { sentence: message.slice(0, -remedy.length).trimEnd(), remedy };
};
