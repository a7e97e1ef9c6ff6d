import type { DeviceId } from '@bowline/contracts';
import type { PersistenceOptions } from './options.ts';

/**
 * Whose an entry of the journal is: a device's, or `null` for what is about none. What pairs and removes devices belongs
 * to nobody who could fill it.
 */
export type JournalOwner = DeviceId | 'pairing' | null;

/** SQL: the owner of a row of the journal. */
export const JOURNAL_OWNER = `CASE WHEN event LIKE 'pairing.%' OR event = 'device.removed' THEN 'pairing' ELSE device_id END`;

/** The same for an entry that is not stored yet. */
export const journalOwner = (event: string, deviceId: DeviceId | null): JournalOwner =>
  event.startsWith('pairing.') || event === 'device.removed' ? 'pairing' : deviceId;

/** Entries and their bytes. */
export interface JournalSize {
  readonly count: number;
  readonly sizeBytes: number;
}

/** Part of the journal that one device may have: four that tell a lot leave nothing to each other. */
const DEVICE_SHARE = 1 / 4;
/** Hundreds of pairings by default. */
const PAIRING_SHARE = 1 / 10;

/** What of the journal an owner may have. What is about no device may have all that is left. */
export const shareOf = (
  owner: JournalOwner,
  { journalMaxEntries, journalMaxBytes }: Pick<PersistenceOptions, 'journalMaxEntries' | 'journalMaxBytes'>,
): JournalSize => {
  const ratio = owner === null ? 1 : owner === 'pairing' ? PAIRING_SHARE : DEVICE_SHARE;
  return { count: Math.floor(journalMaxEntries * ratio), sizeBytes: Math.floor(journalMaxBytes * ratio) };
};

export const isOver = (size: JournalSize, bound: JournalSize): boolean =>
  size.count > bound.count || size.sizeBytes > bound.sizeBytes;
