/**
 * The store of one device: identity, paired devices and where they were last found, settings, and a journal of what
 * happened, in one SQLite database with one owner.
 *
 * @packageDocumentation
 */
export { type Backup, listBackups } from './backups.ts';
export {
  BackupUnknownError,
  DeviceAlreadyPairedError,
  DeviceBlockedError,
  DeviceUnknownError,
  OutboxFullError,
  StoreClosedError,
  StoreDamagedError,
  StoreFullError,
  StoreInaccessibleError,
  StoreInputError,
  StoreKeyMismatchError,
  StoreKeyMissingError,
  StoreLimitError,
  StoreLockedError,
  StoreNewerError,
  StoreWentBackError,
} from './errors.ts';
export { examineStore } from './examine-store.ts';
export { type ChangedKey, changeStoreKey } from './key/change-store-key.ts';
export {
  AppKeyNeededError,
  KeychainEntryMissingError,
  KeychainLockedError,
  KeychainUnavailableError,
  PassphraseNeededError,
  PassphraseUnfitError,
  WrongAppKeyError,
  WrongPassphraseError,
} from './key/key-errors.ts';
export { storedKeyKind } from './key/key-file.ts';
export { STORE_KEY_DEFAULTS, type StoreKeyOptions } from './key/store-key-options.ts';
export {
  PERSISTENCE_DEFAULTS,
  type PersistenceOptions,
  type PersistenceOptionsInput,
  resolvePersistenceOptions,
} from './options.ts';
export { persistence } from './persistence.ts';
export { type RestoredStore, restoreBackup, type StoredComponents } from './restore-backup.ts';
export { hasStore } from './store-paths.ts';
export { type ExportedDevice, type ExportOptions, exportStore } from './transfer/export-store.ts';
export { type ImportedDevice, type ImportOptions, importStore } from './transfer/import-store.ts';
export {
  DevicePresentError,
  DeviceRetiredError,
  ExportFilePresentError,
  ExportNewerError,
  ExportUnreadableError,
  IdentityMissingError,
} from './transfer/transfer-errors.ts';
export { persistenceWorker } from './worker-definition.ts';
