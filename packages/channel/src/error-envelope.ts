import { BowlineError, type ConnectionStage, type ErrorData, errorMessage } from '@bowline/contracts';
import { RemoteError } from './errors.ts';

/** An error as plain data: what structured clone would drop (`code`, `stage`, class) is kept. */
export interface ErrorEnvelope {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
  readonly stage?: ConnectionStage;
  readonly data?: ErrorData;
  readonly cause?: ErrorEnvelope;
}

/** Causes kept behind one error; deeper ones say nothing a caller acts on, and a chain may be circular. */
const MAX_CAUSE_DEPTH = 8;

/** Longest message kept, in UTF-16 units. */
const MAX_MESSAGE_LENGTH = 4_096;

/** The code of whatever was thrown that is no {@link BowlineError}: a mistake of ours, or the system's. */
export const INTERNAL_CODE = 'INTERNAL';

/** Puts whatever was thrown into an envelope. */
export const toErrorEnvelope = (error: unknown, depth = 0): ErrorEnvelope => {
  const cause =
    error instanceof Error && error.cause !== undefined && depth < MAX_CAUSE_DEPTH ? error.cause : undefined;
  const own = error instanceof BowlineError ? ownEnvelope(error) : foreignEnvelope(error);
  return cause === undefined ? own : { ...own, cause: toErrorEnvelope(cause, depth + 1) };
};

/** Makes an error again of what {@link toErrorEnvelope} made. */
export const fromErrorEnvelope = (envelope: ErrorEnvelope): RemoteError =>
  new RemoteError({
    ...envelope,
    ...(envelope.cause === undefined ? {} : { cause: fromErrorEnvelope(envelope.cause) }),
  });

const ownEnvelope = (error: BowlineError): ErrorEnvelope => ({
  name: error.name,
  code: error.code,
  message: boundedMessage(error.message),
  retryable: error.retryable,
  ...(error.stage === undefined ? {} : { stage: error.stage }),
  ...(Object.keys(error.data).length === 0 ? {} : { data: { ...error.data } }),
});

const foreignEnvelope = (error: unknown): ErrorEnvelope => ({
  name: error instanceof Error ? error.name : 'Error',
  code: INTERNAL_CODE,
  message: boundedMessage(foreignMessage(error)),
  ...systemCode(error),
});

/** Node's own failures (`ECONNREFUSED`) are told apart by their code, which is kept as data. */
const systemCode = (error: unknown): Pick<ErrorEnvelope, 'data'> =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? { data: { systemCode: error.code } }
    : {};

/** An `AggregateError` often has no message of its own; then its parts speak. */
const foreignMessage = (error: unknown): string => {
  const message = errorMessage(error);
  if (message !== '' || !(error instanceof AggregateError)) return message;
  return error.errors.slice(0, MAX_CAUSE_DEPTH).map(errorMessage).join('; ');
};

const boundedMessage = (message: string): string =>
  message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH - 3)}...` : message;
