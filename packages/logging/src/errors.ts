import { BowlineError, errorMessage } from '@bowline/contracts';

/** The log file cannot be opened. */
export class LogFileError extends BowlineError {
  override readonly name = 'LogFileError';

  constructor(path: string, cause: unknown) {
    super({
      code: 'LOG_FILE_UNUSABLE',
      message: `The log file "${path}" cannot be opened (${errorMessage(cause)}). Check that its directory can be written, or log to stderr.`,
      data: { path },
      cause,
    });
  }
}
