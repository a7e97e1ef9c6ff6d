import { InvalidOptionError, type LogLevel } from '@bowline/contracts';

/** A stream lines are written to. */
export interface LogStream {
  write(line: string): unknown;
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Lines below it are not written, and cost nothing. */
  readonly level: LogLevel;
  /** `'stderr'`, a stream, or the path of a file that is appended to and readable by its owner alone. */
  readonly destination: 'stderr' | LogStream | { readonly file: string };
  /** The package that writes; a child logger may name another. */
  readonly component: string | undefined;
}

/** What {@link createLogger} takes when an option is left out. */
export const LOGGER_DEFAULTS: LoggerOptions = Object.freeze({
  level: 'info',
  destination: 'stderr',
  component: undefined,
});

/** From the most to the least severe, `silent` first. */
export const LOG_LEVELS: readonly LogLevel[] = Object.freeze(['silent', 'error', 'warn', 'info', 'debug', 'trace']);

/** Checks each option and fills in what is left out. @throws InvalidOptionError naming the option, its rule and the value. */
export const resolveLoggerOptions = (input: Partial<LoggerOptions> = {}): LoggerOptions => {
  const options = { ...LOGGER_DEFAULTS, ...input };
  if (!LOG_LEVELS.includes(options.level)) {
    throw new InvalidOptionError('level', `must be one of ${LOG_LEVELS.join(', ')}`, options.level);
  }
  if (!isDestination(options.destination)) {
    throw new InvalidOptionError('destination', 'must be "stderr", a stream or { file: path }', options.destination);
  }
  if (options.component !== undefined && (typeof options.component !== 'string' || options.component === '')) {
    throw new InvalidOptionError('component', 'must be a non-empty string', options.component);
  }
  return Object.freeze(options);
};

const isDestination = (value: unknown): boolean => {
  if (value === 'stderr') return true;
  if (typeof value !== 'object' || value === null) return false;
  if ('write' in value) return typeof value.write === 'function';
  return 'file' in value && typeof value.file === 'string' && value.file !== '';
};
