import { BowlineError, errorMessage } from '@bowline/contracts';

/**
 * The daemon that an app is connected to is not there: it ended, or was restarted meanwhile. What was under way is lost; the
 * app is connected again as soon as a daemon runs, and calls succeed then.
 */
export class DaemonGoneError extends BowlineError {
  override readonly name = 'DaemonGoneError';

  constructor(dataDir: string, cause: unknown) {
    super({
      code: 'DAEMON_GONE',
      message: `The daemon of ${dataDir} is not there (${errorMessage(cause)}). This app is connected again as soon as it runs.`,
      retryable: true,
      data: { dataDir },
      cause,
    });
  }
}
