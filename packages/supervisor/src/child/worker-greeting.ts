import { InvalidOptionError, type LogLevel } from '@bowline/contracts';
import { LOG_LEVELS } from '@bowline/logging';

/** What a worker is told in the hello of its channel: never by argument or environment, which others on the machine can read. */
export interface WorkerGreeting {
  /** The actor's options: plain data. */
  readonly options: unknown;
  readonly logLevel: LogLevel;
}

/**
 * Reads the greeting of a hello; options left out are `{}`, so that every worker can be started by hand.
 *
 * @throws InvalidOptionError when it is no greeting.
 */
export const readWorkerGreeting = (greeting: unknown): WorkerGreeting => {
  if (greeting === undefined || greeting === null) return { options: {}, logLevel: 'info' };
  if (typeof greeting !== 'object') throw new InvalidOptionError('greeting', 'must be an object', typeof greeting);
  const { options = {}, logLevel = 'info' } = greeting as { readonly options?: unknown; readonly logLevel?: unknown };
  const level = LOG_LEVELS.find((known) => known === logLevel);
  if (level === undefined)
    throw new InvalidOptionError('logLevel', `must be one of ${LOG_LEVELS.join(', ')}`, logLevel);
  return { options, logLevel: level };
};
