import type { LogFields, Logger } from '@bowline/contracts';
import { destination, pino, stdTimeFunctions } from 'pino';
import { LogFileError } from './errors.ts';
import { type LoggerOptions, type LogStream, resolveLoggerOptions } from './options.ts';
import { redactFields } from './redact-fields.ts';
import { redactText } from './redact-text.ts';

/** Access of a log file: its owner alone, for it tells who is connected with whom. */
const LOG_FILE_MODE = 0o600;

/**
 * Makes the {@link Logger} of a process: one JSON object on each line, without secrets.
 *
 * Lines are written before the call returns, so that the last line before a crash is there.
 *
 * @throws InvalidOptionError when an option breaks its rule.
 * @throws {@link LogFileError} when the file cannot be opened.
 */
export const createLogger = (input: Partial<LoggerOptions> = {}): Logger => {
  const options = resolveLoggerOptions(input);
  const writer = pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    streamOf(options),
  );
  return loggerOver(writer, options.component === undefined ? {} : { component: options.component });
};

type Writer = Pick<ReturnType<typeof pino>, 'isLevelEnabled' | 'error' | 'warn' | 'info' | 'debug' | 'trace'>;

/** @param bound fields of every line, redacted already; kept here because the writer would repeat a name bound twice. */
const loggerOver = (writer: Writer, bound: Readonly<Record<string, unknown>>): Logger => {
  const write = (level: 'error' | 'warn' | 'info' | 'debug' | 'trace') => (fields: LogFields, message: string) => {
    if (writer.isLevelEnabled(level)) writer[level]({ ...bound, ...redactFields(fields) }, redactText(message));
  };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    trace: write('trace'),
    child: (fields) => loggerOver(writer, { ...bound, ...redactFields(fields) }),
  };
};

const streamOf = ({ destination: target }: LoggerOptions): LogStream => {
  if (typeof target === 'object' && 'write' in target) return target;
  const stream = target === 'stderr' ? destination({ dest: 2, sync: true }) : openLogFile(target.file);
  // A full disk or a closed terminal loses log lines; it must not take the process with it.
  stream.on('error', () => undefined);
  return stream;
};

const openLogFile = (path: string): ReturnType<typeof destination> => {
  try {
    return destination({ dest: path, sync: true, mkdir: true, mode: LOG_FILE_MODE });
  } catch (cause) {
    throw new LogFileError(path, cause);
  }
};
