import { BowlineError, errorMessage } from '@bowline/contracts';
import { ownCommand } from './output/own-command.ts';

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

/** The device opens with a passphrase, and there is nobody to be asked. */
export class NoPassphraseError extends BowlineError {
  override readonly name = 'NoPassphraseError';

  constructor(flag: string) {
    super({
      code: 'PASSPHRASE_NEEDED',
      message: `A passphrase is needed, and there is no terminal to ask at. Give it by a file descriptor: ${flag} 3 3< FILE`,
      data: { flag },
    });
  }
}

/** The device is to start by itself, and its key does not open by itself. */
export class KeyNeedsLoginError extends BowlineError {
  override readonly name = 'KeyNeedsLoginError';

  constructor(kind: 'keychain' | 'passphrase' | 'app') {
    const why = {
      keychain: "is in the keychain, which opens with its owner's login, and a service may start before",
      passphrase: 'opens with a passphrase, which a service cannot be asked for',
      app: 'is kept by the app that made the device',
    };
    super({
      code: 'KEY_NEEDS_LOGIN',
      message: `The key of this device ${why[kind]}. A service needs it in a file: bowline key file`,
      data: { kind },
    });
  }
}

/** A passphrase that was to be set was typed differently the second time. */
export class PassphraseDiffersError extends BowlineError {
  override readonly name = 'PassphraseDiffersError';

  constructor() {
    super({
      code: 'PASSPHRASE_DIFFERS',
      message: 'The two passphrases are not the same, so nothing was changed. Try again.',
    });
  }
}

/** The person was asked and did not agree. */
export class DeclinedError extends BowlineError {
  override readonly name = 'DeclinedError';

  constructor() {
    super({ code: 'CANCELLED', message: 'You did not agree, so nothing was done.' });
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

/** A device was not reached in the time a command waits, so nothing was begun. */
export class DeviceUnreachedError extends BowlineError {
  override readonly name = 'DeviceUnreachedError';

  constructor(device: string) {
    super({
      code: 'DEVICE_UNREACHED',
      message: `"${device}" was not reached in 30 s; nothing was sent. "bowline why ${device}" says why.`,
      retryable: true,
      data: { device },
    });
  }
}

/** A device has chosen no folder for what this one pushes. */
export class NotReceivingError extends BowlineError {
  override readonly name = 'NotReceivingError';

  constructor(device: string) {
    super({
      code: 'NOT_RECEIVING',
      message: `"${device}" receives nothing from this device. To change that, on "${device}": bowline receive DIR`,
      data: { device },
    });
  }
}

/** The command was ended while it pushed. */
export class PushEndedError extends BowlineError {
  override readonly name = 'PushEndedError';

  constructor() {
    super({
      code: 'CANCELLED',
      message:
        'The push was ended here before it was done. The same command goes on with it: what is there is not sent again.',
    });
  }
}

/** Another daemon owns the data directory. */
export class DaemonRunningError extends BowlineError {
  override readonly name = 'DaemonRunningError';

  constructor(dataDir: string) {
    super({
      code: 'DAEMON_RUNNING',
      message: `A daemon already runs for ${dataDir}; stop it first (${ownCommand(dataDir)} down), or use another --data-dir.`,
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
      message: `No daemon runs for ${dataDir}; start it with: ${ownCommand(dataDir)} up`,
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

/** The data directory is none, is not this user's, or cannot be made. */
export class DataDirUnusableError extends BowlineError {
  override readonly name = 'DataDirUnusableError';

  constructor(dataDir: string, reason: string, remedy: string, cause?: unknown) {
    super({
      code: 'DATA_DIR_UNUSABLE',
      message: `${dataDir} cannot be the folder of a device: ${reason}. ${remedy}`,
      data: { dataDir, reason, remedy },
      cause,
    });
  }
}

/** No device was ever made in the data directory, and the command makes none. */
export class NoDeviceError extends BowlineError {
  override readonly name = 'NoDeviceError';

  constructor(dataDir: string) {
    super({
      code: 'NO_DEVICE',
      message: `There is no device in ${dataDir} yet. Start one with "${ownCommand(dataDir)} up", or pair one with "${ownCommand(dataDir)} pair" or "${ownCommand(dataDir)} join".`,
      data: { dataDir },
    });
  }
}

/** The log of the daemon cannot be written. */
export class LogUnusableError extends BowlineError {
  override readonly name = 'LogUnusableError';

  constructor(file: string, cause: unknown) {
    super({
      code: 'LOG_UNUSABLE',
      message: `${file} cannot be written: ${errorMessage(cause)}. Remove it, or give another --data-dir.`,
      data: { file },
      cause,
    });
  }
}

/** No daemon ever ran in the background here. */
export class NoLogError extends BowlineError {
  override readonly name = 'NoLogError';

  constructor(dataDir: string) {
    super({
      code: 'NO_LOG',
      message: `No daemon has run in the background for ${dataDir}; one started with "${ownCommand(dataDir)} up --detach" or as a service writes a log. "${ownCommand(dataDir)} events" tells what the device did.`,
      data: { dataDir },
    });
  }
}

/** A daemon that was to run in the background ended, or did not serve commands in time. */
export class DetachedStartError extends BowlineError {
  override readonly name = 'DetachedStartError';

  constructor(dataDir: string, said: string) {
    super({
      code: 'DETACHED_START_FAILED',
      message: `The daemon did not start: ${said || 'it said nothing'} More: bowline logs`,
      data: { dataDir, said },
    });
  }
}

/** The daemon was asked to stop and is still there. */
export class DaemonStaysError extends BowlineError {
  override readonly name = 'DaemonStaysError';

  constructor(pid: number) {
    super({
      code: 'DAEMON_STAYS',
      message: `The daemon (process ${pid}) was told to stop and still runs. Wait a little, or end the process.`,
      retryable: true,
      data: { pid },
    });
  }
}

/** Where the system looks for services, another user could change what is run. */
export class ServiceFolderError extends BowlineError {
  override readonly name = 'ServiceFolderError';

  constructor(file: string, problem: string) {
    super({
      code: 'SERVICE_FOLDER_FOREIGN',
      message: `The service is not written to ${file}: ${problem}. Set that right first.`,
      data: { file, problem },
    });
  }
}

/** The support bundle cannot be written where it was wanted. */
export class BundleUnwritableError extends BowlineError {
  override readonly name = 'BundleUnwritableError';

  constructor(file: string, reason: string) {
    super({
      code: 'BUNDLE_UNWRITABLE',
      message: `The support bundle cannot be written to ${file} (${reason}); name another file.`,
      data: { file, reason },
    });
  }
}
