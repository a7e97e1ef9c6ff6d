import { BowlineError, errorCode, errorMessage } from '@bowline/contracts';

/** Writes a command's results: for programs one JSON object a line on stdout, for people sentences. */
export interface Printer {
  readonly isJson: boolean;
  /** A result. `human` is what people read; `null` for what only programs need. */
  result(json: Readonly<Record<string, unknown>>, human: string | null): void;
  /** Something on the way that programs do not need; stderr for people, nothing with `--json`. */
  note(text: string): void;
  /** A failure: `{ error: { code, message } }` on stdout for programs, the message on stderr for people. */
  failure(error: unknown): void;
}

interface Output {
  write(text: string): unknown;
}

export const printer = (
  isJson: boolean,
  stdout: Output = process.stdout,
  stderr: Output = process.stderr,
): Printer => ({
  isJson,
  result: (json, human) => {
    if (isJson) stdout.write(`${JSON.stringify(json)}\n`);
    else if (human !== null) stdout.write(`${human}\n`);
  },
  note: (text) => {
    if (!isJson) stderr.write(`${text}\n`);
  },
  failure: (error) => {
    const message = sentenceOf(error);
    if (isJson) stdout.write(`${JSON.stringify({ error: { code: errorCode(error) ?? 'INTERNAL', message } })}\n`);
    else stderr.write(`${message}\n`);
  },
});

/** Our own errors speak for themselves; anything else is a defect, and says so. */
const sentenceOf = (error: unknown): string =>
  error instanceof BowlineError ? error.message : `Something unexpected went wrong: ${errorMessage(error)}`;
