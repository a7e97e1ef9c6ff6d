import { BowlineError } from '@bowline/contracts';

/** The command line was used in a way that cannot work. */
export class WrongUseError extends BowlineError {
  override readonly name = 'WrongUseError';

  constructor(message: string) {
    super({ code: 'WRONG_USE', message });
  }
}

/** The person was asked for something and ended the question. */
export class NothingEnteredError extends BowlineError {
  override readonly name = 'NothingEnteredError';

  constructor() {
    super({ code: 'CANCELLED', message: 'Nothing was entered, so nothing was done.' });
  }
}

/** A message was not delivered in the time a command waits. */
export class DeviceAwayError extends BowlineError {
  override readonly name = 'DeviceAwayError';

  constructor(device: string) {
    super({
      code: 'DEVICE_AWAY',
      message: `"${device}" is away: nothing was delivered in 30 s. A message that was on its way already may still arrive; "bowline status" says what is connected.`,
      retryable: true,
      data: { device },
    });
  }
}

/** Another daemon owns the data directory. */
export class DaemonRunningError extends BowlineError {
  override readonly name = 'DaemonRunningError';

  constructor(dataDir: string) {
    super({
      code: 'DAEMON_RUNNING',
      message: `A daemon already runs for ${dataDir}; stop it first, or use another --data-dir.`,
      data: { dataDir },
    });
  }
}

/** No daemon owns the data directory, and none is to be started. */
export class DaemonNotRunningError extends BowlineError {
  override readonly name = 'DaemonNotRunningError';

  constructor(dataDir: string) {
    super({
      code: 'DAEMON_NOT_RUNNING',
      message: `No daemon runs for ${dataDir}; start it with: bowline up`,
      retryable: true,
      data: { dataDir },
    });
  }
}

/** Nothing says where this user's device is kept. */
export class NoDataDirError extends BowlineError {
  override readonly name = 'NoDataDirError';

  constructor() {
    super({
      code: 'NO_DATA_DIR',
      message:
        'This user has no home folder, so nothing says where the device is kept; give --data-dir, or set BOWLINE_DATA_DIR or HOME.',
    });
  }
}
