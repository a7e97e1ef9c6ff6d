/** Fields of a log line: plain values, never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where an actor writes. Fields first, then a constant lower-case sentence:
 * `logger.info({ endpointId, path: 'relay' }, 'candidate found')`.
 *
 * `error`: a human must act; `warn`: degraded; `info`: a change a user could notice; `debug`: messages; `trace`: payloads.
 */
export interface Logger {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  trace(fields: LogFields, message: string): void;
  /** A logger that adds `fields` to every line; by custom `{ component: '<package>' }`. */
  child(fields: LogFields): Logger;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
