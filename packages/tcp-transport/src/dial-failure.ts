import { errorCode, type TcpDialFailure } from '@bowline/contracts';

/** What the system calls a network that knows no way, or says that there is none. */
const NO_ROUTE: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM', 'EADDRNOTAVAIL']);

/** Aborted after its time, a dial has heard nothing. */
export class DialTimedOutError extends Error {
  override readonly name = 'DialTimedOutError';
}

const failureOf = (error: unknown): TcpDialFailure => {
  if (error instanceof DialTimedOutError) return 'noAnswer';
  const code = errorCode(error) ?? '';
  if (code === 'ECONNREFUSED') return 'refused';
  if (NO_ROUTE.has(code)) return 'noRoute';
  return code === 'ETIMEDOUT' ? 'noAnswer' : 'other';
};

/** What says most of all that may come of several addresses: that a machine has answered, then that nobody did. */
const TELLING: readonly TcpDialFailure[] = ['refused', 'other', 'noAnswer', 'noRoute'];

/** How a dial to all addresses of a device has failed; `null` where it had none. */
export const dialFailureOf = (error: unknown): TcpDialFailure | null => {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const failures = new Set(errors.map(failureOf));
  return TELLING.find((each) => failures.has(each)) ?? null;
};
