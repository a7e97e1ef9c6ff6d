/**
 * The {@link Logger} port over pino: one JSON object on each line, with words, keys, tickets and tokens taken out.
 *
 * @packageDocumentation
 */
export { createLogger } from './create-logger.ts';
export { LogFileError } from './errors.ts';
export { LOG_LEVELS, LOGGER_DEFAULTS, type LoggerOptions, type LogStream, resolveLoggerOptions } from './options.ts';
export { redactFields } from './redact-fields.ts';
export { REDACTED, redactText } from './redact-text.ts';
export { isSecretName } from './secret-names.ts';
