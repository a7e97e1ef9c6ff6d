import type { LogFields, Logger } from '@bowline/contracts';

export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'trace';
  readonly fields: LogFields;
  readonly message: string;
}

/** A logger that keeps its lines for a test to read. Children write to the same list. */
export interface MemoryLogger extends Logger {
  readonly lines: readonly LogLine[];
}

export const memoryLogger = (): MemoryLogger => {
  const lines: LogLine[] = [];
  const loggerWith = (bound: LogFields): MemoryLogger => {
    const write = (level: LogLine['level']) => (fields: LogFields, message: string) => {
      lines.push({ level, fields: { ...bound, ...fields }, message });
    };
    return {
      lines,
      error: write('error'),
      warn: write('warn'),
      info: write('info'),
      debug: write('debug'),
      trace: write('trace'),
      child: (fields) => loggerWith({ ...bound, ...fields }),
    };
  };
  return loggerWith({});
};
