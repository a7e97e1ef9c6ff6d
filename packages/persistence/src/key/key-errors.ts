import { BowlineError } from '@bowline/contracts';

/** The keychain is there and closed: it opens with its owner's login, and nobody is asked for that here. */
export class KeychainLockedError extends BowlineError {
  override readonly name = 'KeychainLockedError';

  constructor(entry: string) {
    super({
      code: 'KEYCHAIN_LOCKED',
      message:
        `The key of the store is in the keychain (${entry}), and the keychain is locked. Log in or unlock it, and try again; ` +
        'a device that is to start without a login needs its key in a file.',
      retryable: true,
      data: { entry },
    });
  }
}

/** There is no keychain to be used here, or it does not answer. */
export class KeychainUnavailableError extends BowlineError {
  override readonly name = 'KeychainUnavailableError';

  constructor(reason: string, cause?: unknown) {
    super({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: `The keychain cannot be used: ${reason}. Start Bowline where the keychain of this user runs, or keep the key elsewhere.`,
      retryable: true,
      data: { reason },
      cause,
    });
  }
}

/** The keychain is open and holds no such key: the data directory is of another machine or user, or the entry was removed. */
export class KeychainEntryMissingError extends BowlineError {
  override readonly name = 'KeychainEntryMissingError';

  constructor(entry: string, keyFile: string) {
    super({
      code: 'KEYCHAIN_ENTRY_MISSING',
      message:
        `${keyFile} says that the key of this store is in the keychain (${entry}), and this keychain does not hold it. A keychain ` +
        'belongs to one user of one machine, and a copied folder does not bring it along: move a device by export and import, ' +
        'or, where it was made, change its key to a passphrase or a file and copy the folder then. The database is safe and was not changed.',
      data: { entry, file: keyFile },
    });
  }
}

/** The store opens with a passphrase, and none was given. */
export class PassphraseNeededError extends BowlineError {
  override readonly name = 'PassphraseNeededError';

  constructor(keyFile: string) {
    super({
      code: 'PASSPHRASE_NEEDED',
      message: `The key of the store in ${keyFile} opens with a passphrase, and none was given. Give it and try again.`,
      data: { file: keyFile },
    });
  }
}

/** The passphrase is not the one that was set. Nothing was changed. */
export class WrongPassphraseError extends BowlineError {
  override readonly name = 'WrongPassphraseError';

  constructor(file: string) {
    super({
      code: 'WRONG_PASSPHRASE',
      message: `The passphrase does not open ${file}. Nothing was changed; try again, and mind the keyboard's layout.`,
      data: { file },
    });
  }
}

/** A passphrase that is to be set is too short or too long. */
export class PassphraseUnfitError extends BowlineError {
  override readonly name = 'PassphraseUnfitError';

  constructor(rule: string) {
    super({
      code: 'PASSPHRASE_UNFIT',
      message: `A passphrase ${rule}. Choose another one: several words that belong to no sentence are long and easy to type.`,
      data: { rule },
    });
  }
}

/** The store opens with a key that the app keeps, and none was given. */
export class AppKeyNeededError extends BowlineError {
  override readonly name = 'AppKeyNeededError';

  constructor(keyFile: string) {
    super({
      code: 'APP_KEY_NEEDED',
      message: `The key of the store in ${keyFile} opens with a key that its app keeps, and none was given. Open it with that app.`,
      data: { file: keyFile },
    });
  }
}

/** The key that an app gave is not the one the store was made with. Nothing was changed. */
export class WrongAppKeyError extends BowlineError {
  override readonly name = 'WrongAppKeyError';

  constructor(keyFile: string) {
    super({
      code: 'WRONG_APP_KEY',
      message: `The key that the app gave does not open ${keyFile}. Nothing was changed; give the 32 bytes that this device was made with.`,
      data: { file: keyFile },
    });
  }
}
