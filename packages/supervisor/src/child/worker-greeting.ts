import { InvalidOptionError, type LogLevel } from '@bowline/contracts';
import { LOG_LEVELS } from '@bowline/logging';

/** What a worker is told in the hello of its channel: never by argument or environment, which others on the machine can read. */
export interface WorkerGreeting {
  /** The actor's options: plain data. */
  readonly options: unknown;
  readonly logLevel: LogLevel;
  /** Milliseconds its actor has to stop. */
  readonly stopDeadlineMs: number;
}

/** Time an actor has to stop, in milliseconds, where nobody says otherwise: closing connections takes one round trip around the world, closing a database one sync. */
export const DEFAULT_STOP_DEADLINE_MS = 5_000;

/**
 * Reads the greeting of a hello; options left out are `{}`, so that every worker can be started by hand.
 *
 * @throws InvalidOptionError when it is no greeting.
 */
export const readWorkerGreeting = (greeting: unknown): WorkerGreeting => {
  if (typeof greeting !== 'object') {
    if (greeting !== undefined) throw new InvalidOptionError('greeting', 'must be an object', typeof greeting);
    return readWorkerGreeting({});
  }
  const fields: Partial<Record<keyof WorkerGreeting, unknown>> = { ...greeting };
  const { options = {}, logLevel = 'info', stopDeadlineMs = DEFAULT_STOP_DEADLINE_MS } = fields;
  const level = LOG_LEVELS.find((known) => known === logLevel);
  if (level === undefined)
    throw new InvalidOptionError('logLevel', `must be one of ${LOG_LEVELS.join(', ')}`, logLevel);
  if (typeof stopDeadlineMs !== 'number' || !(stopDeadlineMs >= 0)) {
    throw new InvalidOptionError('stopDeadlineMs', 'must be 0 or more', stopDeadlineMs);
  }
  return { options, logLevel: level, stopDeadlineMs };
};
