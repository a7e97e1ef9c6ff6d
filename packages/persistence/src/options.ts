import { isAbsolute } from 'node:path';
import { InvalidOptionError } from '@bowline/contracts';
import { resolveStoreKeyOptions, STORE_KEY_DEFAULTS, type StoreKeyOptions } from './key/store-key-options.ts';

/** What the store is told when it is made. */
export interface PersistenceOptions {
  /** Absolute path of the directory that is this device: database, key file, lock and backups. Made with mode 0700 when missing. */
  readonly dataDir: string;
  /** Where the key of the store is kept, and what opens it. @defaultValue {@link STORE_KEY_DEFAULTS}: a file */
  readonly key: StoreKeyOptions;
  /** Most journal entries kept, 100 to 1,000,000. @defaultValue 10,000: weeks of an ordinary household, read in well under a second. */
  readonly journalMaxEntries: number;
  /** Most bytes of journal kept, 4 MiB to 1 GiB. @defaultValue 32 MiB: about 3 KB for each of 10,000 entries. */
  readonly journalMaxBytes: number;
  /** Most messages of one device that wait to be taken, 1 to 1,000,000; also of those kept for it. @defaultValue 4,096 */
  readonly messagesMaxCount: number;
  /** Most bytes of them, 1 MiB to 4 GiB. @defaultValue 32 MiB: over a hundred of the largest messages. */
  readonly messagesMaxBytes: number;
  /** Most lines of timeline kept for each device, and as many of this one, 100 to 100,000. @defaultValue 4,000: months of a household's device. */
  readonly timelineMaxEntries: number;
  /** Oldest line of timeline kept, one hour to ten years, milliseconds. @defaultValue 90 days */
  readonly timelineMaxAgeMs: number;
}

/** The options a caller gives: the directory, and what differs from {@link PERSISTENCE_DEFAULTS}. */
export type PersistenceOptionsInput = Pick<PersistenceOptions, 'dataDir'> &
  Partial<Omit<PersistenceOptions, 'key'>> & { readonly key?: Partial<StoreKeyOptions> };

export const PERSISTENCE_DEFAULTS = Object.freeze({
  key: STORE_KEY_DEFAULTS,
  journalMaxEntries: 10_000,
  journalMaxBytes: 33_554_432,
  messagesMaxCount: 4_096,
  messagesMaxBytes: 33_554_432,
  timelineMaxEntries: 4_000,
  timelineMaxAgeMs: 7_776_000_000,
}) satisfies Omit<PersistenceOptions, 'dataDir'>;

/**
 * Completes and checks the options.
 * @throws {@link InvalidOptionError} when a field breaks its rule.
 */
export const resolvePersistenceOptions = (input: PersistenceOptionsInput): Readonly<PersistenceOptions> => {
  const options = { ...PERSISTENCE_DEFAULTS, ...input, key: resolveStoreKeyOptions(input.key ?? {}) };
  const { dataDir } = options;
  if (typeof dataDir !== 'string' || !isAbsolute(dataDir) || dataDir.includes('\0')) {
    throw new InvalidOptionError('dataDir', 'must be an absolute path', dataDir);
  }
  requireInteger('journalMaxEntries', options.journalMaxEntries, 100, 1_000_000);
  // An entry may take 2 MiB, so a smaller bound could not hold the entry that was just written and one before it.
  requireInteger('journalMaxBytes', options.journalMaxBytes, 4_194_304, 1_073_741_824);
  requireInteger('messagesMaxCount', options.messagesMaxCount, 1, 1_000_000);
  requireInteger('messagesMaxBytes', options.messagesMaxBytes, 1_048_576, 4_294_967_296);
  requireInteger('timelineMaxEntries', options.timelineMaxEntries, 100, 100_000);
  requireInteger('timelineMaxAgeMs', options.timelineMaxAgeMs, 3_600_000, 315_360_000_000);
  return Object.freeze(options);
};

const requireInteger = (option: string, value: number, least: number, most: number): void => {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new InvalidOptionError(option, `must be a whole number from ${least} to ${most}`, value);
};
