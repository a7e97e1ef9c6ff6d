/** How far a connection got before it failed: what a backoff needs to know. */
export type ConnectionStage = 'dial' | 'handshake' | 'established';

/** Plain data an error carries beside its message; it crosses channels as it stands. */
export type ErrorData = Readonly<Record<string, unknown>>;

/** What {@link BowlineError} is made from. */
export interface BowlineErrorInit {
  /** Stable name of the failure, `SCREAMING_SNAKE_CASE`. Callers branch on it, on either side of a channel. */
  readonly code: string;
  /** What happened, why, and what to do next, as one or two sentences for a person. */
  readonly message: string;
  /** Whether the same call may succeed later without anything being changed. @defaultValue false */
  readonly retryable?: boolean;
  /** For failures of a connection: how far it got. */
  readonly stage?: ConnectionStage;
  /** Values a caller or a log needs; never a secret. */
  readonly data?: ErrorData;
  readonly cause?: unknown;
}

/**
 * The one base of every error Bowline raises.
 *
 * A package derives one class for each thing a caller would do differently. Errors lose their class when they
 * cross a process or thread, so callers branch on {@link BowlineError.code} and never on `instanceof`; the channel
 * carries `code`, `stage`, `retryable`, `data`, `message` and the chain of causes.
 */
export class BowlineError extends Error {
  override readonly name: string = 'BowlineError';
  readonly code: string;
  readonly retryable: boolean;
  readonly stage: ConnectionStage | undefined;
  readonly data: ErrorData;

  constructor(init: BowlineErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.retryable = init.retryable ?? false;
    this.stage = init.stage;
    this.data = Object.freeze({ ...init.data });
  }
}

/** The `code` of an error of ours, or `undefined` for anything else that was thrown. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The message of whatever was thrown. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An option given by a host app or a person breaks its rule; the message names field, rule and value received. */
export class InvalidOptionError extends BowlineError {
  override readonly name = 'InvalidOptionError';

  constructor(option: string, rule: string, received: unknown) {
    super({
      code: 'INVALID_OPTION',
      message: `Option "${option}" ${rule}; received ${describeValue(received)}.`,
      data: { option, rule },
    });
  }
}

const describeValue = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};
