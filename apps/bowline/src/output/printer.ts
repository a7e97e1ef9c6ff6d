import { BowlineError, errorCode, errorMessage } from '@bowline/contracts';
import { optionSentence } from './option-names.ts';
import { visibleText } from './visible-text.ts';

/** Text of this program's own making, printed with its colours. It must hold nothing that another device said. */
export interface DrawnText {
  readonly drawn: string;
}

/**
 * Writes a command's results: for programs one JSON object a line on stdout, for people sentences. Whatever a terminal
 * would act upon is made visible, for much of what is printed was said by other devices.
 */
export interface Printer {
  readonly isJson: boolean;
  /** A result. `human` is what people read; `null` for what only programs need. */
  result(json: Readonly<Record<string, unknown>>, human: string | DrawnText | null): void;
  /** Something on the way that should not be missed: a line of its own for programs, `message` on stderr for people. */
  warning(json: Readonly<{ event: string; message: string }>): void;
  /** Something on the way that programs do not need; stderr for people, nothing with `--json`. */
  note(text: string): void;
  /** A failure: `{ event: 'error', error: { code, message } }` on stdout for programs, the message on stderr for people. */
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
    if (isJson) stdout.write(jsonLine(json));
    else if (human !== null) stdout.write(typeof human === 'string' ? visibleLine(human) : `${human.drawn}\n`);
  },
  warning: (json) => {
    if (isJson) stdout.write(jsonLine(json));
    else stderr.write(visibleLine(json.message));
  },
  note: (text) => {
    if (!isJson) stderr.write(visibleLine(text));
  },
  failure: (error) => {
    const message = sentenceOf(error);
    if (isJson) stdout.write(jsonLine({ event: 'error', error: { code: errorCode(error) ?? 'INTERNAL', message } }));
    else stderr.write(visibleLine(message));
  },
});

const visibleLine = (text: string): string => `${visibleText(text)}\n`;

const jsonLine = (json: object): string => visibleLine(JSON.stringify(json));

const spokenBy = ({ code, message, data }: BowlineError): string =>
  code === 'INVALID_OPTION' ? optionSentence(message, data.option) : message;

/** Our own errors speak for themselves; anything else is a defect, and says so. */
const sentenceOf = (error: unknown): string =>
  error instanceof BowlineError ? spokenBy(error) : `Something unexpected went wrong: ${errorMessage(error)}`;
