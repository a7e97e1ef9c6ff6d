import { BowlineError } from '@bowline/contracts';

/** The database is not what was written: unreadable, missing parts, or contradicting itself. Nothing was changed. */
export class StoreDamagedError extends BowlineError {
  override readonly name = 'StoreDamagedError';

  constructor(file: string, problem: string, cause?: unknown) {
    super({
      code: 'STORE_DAMAGED',
      message:
        `The store ${file} is damaged: ${problem}. Nothing was changed, and the other files beside it are safe. Stop ` +
        'Bowline and put back all files of a backup; ' +
        'to start over as a new device instead, move the whole data directory away and pair again.',
      data: { file, problem },
      cause,
    });
  }
}

/**
 * The database is older than what was stored: its write-ahead log was cut or altered, or a file from another time was
 * put in its place. Nothing was changed.
 */
export class StoreWentBackError extends BowlineError {
  override readonly name = 'StoreWentBackError';

  constructor(file: string, markFile: string, found: WentBackData, expected: WentBackData) {
    const missing = expected.changes - found.changes;
    super({
      code: 'STORE_WENT_BACK',
      message:
        `The store ${file} has gone back to an older state: it ends at change ${found.changes}, and ${markFile} says that ` +
        `${expected.changes} were stored. The identity of this device and ${found.deviceCount} of its paired devices are ` +
        `safe in it; ${missing} later changes are missing, a device that was removed may be among the paired ones again, ` +
        'and so nothing was opened or changed. Stop Bowline, and put back all files of a backup, or this file as it was.',
      data: { file, markFile, found, expected },
    });
  }
}

/** Where a store stands. */
export interface WentBackData {
  readonly changes: number;
  readonly generation: number;
  readonly deviceCount: number;
}

/** The database exists and the key that opens its secrets does not. */
export class StoreKeyMissingError extends BowlineError {
  override readonly name = 'StoreKeyMissingError';

  constructor(keyFile: string, file: string) {
    super({
      code: 'STORE_KEY_MISSING',
      message:
        `The key file ${keyFile} is missing, and the secrets in ${file} cannot be opened without it. The database is ` +
        'safe and was not changed. Put the key file back from a backup; to start over as a new device instead, move the whole data directory away and pair again.',
      data: { file: keyFile, store: file },
    });
  }
}

/** There is a key, and it is not the one the secrets were sealed with. */
export class StoreKeyMismatchError extends BowlineError {
  override readonly name = 'StoreKeyMismatchError';

  constructor(keyFile: string, file: string, problem: string) {
    super({
      code: 'STORE_KEY_MISMATCH',
      message:
        `The key file ${keyFile} does not open the secrets in ${file}: ${problem}. Both are safe and were not changed. ` +
        'Put back the key file and the database that belong together.',
      data: { file: keyFile, store: file, problem },
    });
  }
}

/** The database was written by a later version. Nothing was changed. */
export class StoreNewerError extends BowlineError {
  override readonly name = 'StoreNewerError';

  constructor(file: string, foundVersion: number, knownVersion: number) {
    super({
      code: 'STORE_NEWER',
      message:
        `The store ${file} was written by a newer Bowline (schema ${foundVersion}, this one knows ${knownVersion}). ` +
        `Update Bowline, or restore the backup made before the update (before-*.bak in the folder "backups" beside it).`,
      data: { file, foundVersion, knownVersion },
    });
  }
}

/** No room for what was to be written; the change was undone as a whole. */
export class StoreFullError extends BowlineError {
  override readonly name = 'StoreFullError';

  constructor(file: string, cause?: unknown) {
    super({
      code: 'STORE_FULL',
      message: `The disk or quota that holds ${file} is full, so the change was not stored. Free some space and try again.`,
      retryable: true,
      data: { file },
      cause,
    });
  }
}

/** Another owner holds the data directory. */
export class StoreLockedError extends BowlineError {
  override readonly name = 'StoreLockedError';

  /** @param pid the owner's process id, or `null` when it could not be learnt. */
  constructor(dataDir: string, pid: number | null, cause?: unknown) {
    const owner = pid === null ? 'another process' : pid === process.pid ? 'this very process' : `process ${pid}`;
    super({
      code: 'STORE_LOCKED',
      message: `The data directory ${dataDir} is in use by ${owner}. Stop that one first, or choose another data directory.`,
      retryable: true,
      data: { dataDir, pid },
      cause,
    });
  }
}

/** The operating system refuses: no permission, read-only, not a directory, an I/O error. */
export class StoreInaccessibleError extends BowlineError {
  override readonly name = 'StoreInaccessibleError';

  constructor(file: string, problem: string, cause?: unknown) {
    super({
      code: 'STORE_INACCESSIBLE',
      message: `Cannot use ${file}: ${problem}. Check its owner, its permissions and the disk it is on.`,
      data: { file, problem },
      cause,
    });
  }
}

/** A request came before `start` or after `stop`. */
export class StoreClosedError extends BowlineError {
  override readonly name = 'StoreClosedError';

  constructor() {
    super({ code: 'STORE_CLOSED', message: 'The store is not open. Start it before asking it for anything.' });
  }
}

/** A request holds a value that could not be read back. The value itself is not told: it may be a secret. */
export class StoreInputError extends BowlineError {
  override readonly name = 'StoreInputError';

  constructor(field: string, rule: string) {
    super({
      code: 'STORE_INPUT_INVALID',
      message: `Cannot store "${field}": it ${rule}. Correct the value and ask again.`,
      data: { field, rule },
    });
  }
}

/** A table has as many rows as it may have. */
export class StoreLimitError extends BowlineError {
  override readonly name = 'StoreLimitError';

  constructor(what: string, limit: number) {
    super({
      code: 'STORE_LIMIT',
      message: `The store holds ${limit} ${what}, as many as it may. Remove some first.`,
      data: { what, limit },
    });
  }
}

/** There is no such backup. Nothing was changed. */
export class BackupUnknownError extends BowlineError {
  override readonly name = 'BackupUnknownError';

  constructor(name: string, folder: string) {
    super({
      code: 'BACKUP_UNKNOWN',
      message: `There is no backup "${name}" in ${folder}. Nothing was changed; list the backups to see those there are.`,
      data: { name, folder },
    });
  }
}

/** As many messages as may be kept for a device are kept for it. Nothing was dropped. */
export class OutboxFullError extends BowlineError {
  override readonly name = 'OutboxFullError';

  constructor(deviceId: string, { count, sizeBytes }: { readonly count: number; readonly sizeBytes: number }) {
    super({
      code: 'OUTBOX_FULL',
      message:
        `${count} messages (${sizeBytes} bytes) are kept for device ${deviceId} already, as many as may be, so this one ` +
        'was not. They are sent when it is back; send this one again then.',
      retryable: true,
      data: { deviceId, count, sizeBytes },
    });
  }
}

/** A paired record of this endpoint exists and was not to be replaced. */
export class DeviceAlreadyPairedError extends BowlineError {
  override readonly name = 'DeviceAlreadyPairedError';

  constructor(deviceId: string, deviceName: string) {
    super({
      code: 'DEVICE_ALREADY_PAIRED',
      message: `"${deviceName}" (${deviceId}) is paired already. Renew the pairing, or unpair it first.`,
      data: { deviceId },
    });
  }
}

/** The endpoint is kept out. */
export class DeviceBlockedError extends BowlineError {
  override readonly name = 'DeviceBlockedError';

  constructor(deviceId: string) {
    super({
      code: 'DEVICE_BLOCKED',
      message: `Device ${deviceId} is blocked on this device, so it cannot be paired. Unblock it first.`,
      data: { deviceId },
    });
  }
}

/** No device of this id is stored. */
export class DeviceUnknownError extends BowlineError {
  override readonly name = 'DeviceUnknownError';

  constructor(deviceId: string) {
    super({
      code: 'DEVICE_UNKNOWN',
      message: `No device ${deviceId} is stored here. It may have been removed; list the devices to see the others.`,
      data: { deviceId },
    });
  }
}
