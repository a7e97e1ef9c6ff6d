import type { DeviceCheck } from '@bowline/contracts';
import { byteCount } from '../output/byte-count.ts';
import type { ErrorParts } from '../output/error-parts.ts';
import { shellWord } from '../output/own-command.ts';
import type { DiskRoom } from './room-at.ts';

/** Where a device is kept, whether or not its daemon answers. */
export interface DevicePlace {
  readonly dataDir: string;
  /** Why the folder cannot be used; `null` where it can. */
  readonly problem: ErrorParts | null;
  /** What another user could exchange on the way to it, in words; `null`: nothing. */
  readonly untrusted: string | null;
  readonly isThere: boolean;
  readonly room: DiskRoom;
}

/** A device that starts makes a backup and a log; a message may have 256 KiB. */
const LEAST_FREE_BYTES = 16_777_216;

/** A store has a dozen files, and each change of one makes another first. */
const LEAST_FREE_FILES = 32;

const MAKE_ROOM = 'Make room on the disk that holds the data directory; nothing has to be started anew for it.';

const folder = ({ dataDir, problem, untrusted, isThere }: DevicePlace): DeviceCheck => {
  const name = 'folder';
  if (problem !== null) return { name, result: 'failed', ...problem };
  if (untrusted !== null) {
    return {
      name,
      result: 'warning',
      sentence: `Other users could take away what is in ${dataDir}: ${untrusted}.`,
      remedy: `Let nobody else write to it or to a folder above it ("chmod go-w ${shellWord(dataDir)}"), or keep the device elsewhere.`,
    };
  }
  const sentence = isThere ? `${dataDir} can be used.` : `${dataDir} is not there yet, and can be made.`;
  return { name, result: 'ok', sentence, remedy: null };
};

const disk = ({ room: { freeBytes, freeFiles } }: DevicePlace): DeviceCheck => {
  const name = 'disk';
  if (freeFiles !== null && freeFiles < LEAST_FREE_FILES) {
    const sentence = `The disk takes no more files, or nearly (${freeFiles} left), however much room it has.`;
    return { name, result: 'failed', sentence, remedy: 'Remove files from the disk that holds the data directory.' };
  }
  if (freeBytes === null) {
    return { name, result: 'skipped', sentence: 'The system does not tell how full the disk is.', remedy: null };
  }
  if (freeBytes < LEAST_FREE_BYTES) {
    const sentence = `The disk is full, or nearly (${byteCount(freeBytes)} left).`;
    return { name, result: 'failed', sentence, remedy: MAKE_ROOM };
  }
  return { name, result: 'ok', sentence: `There is room on the disk (${byteCount(freeBytes)}).`, remedy: null };
};

/** Checks where a device is kept. Pure. */
export const placeChecks = (place: DevicePlace): readonly DeviceCheck[] => [folder(place), disk(place)];
