import type { ReceivingFolder } from './receiving-folder.ts';
import type { PromisedRoom, ReceivingShare } from './receiving-share.ts';

/** For how many files one look at the disk does. */
const LOOKS_LAST_FILES = 64;

/** A file that is not looked for anew has at most so many bytes: all of them together are less than what stays free anyway. */
const UNLOOKED_BYTES = 524_288;

/** Bytes of all pushes after which it is looked again whether they may be written: a quarter of what stays free anyway. */
const LOOK_AFTER_BYTES = 16_777_216;

/** Whether the disk has room, beside what other files of the device were promised. */
export interface SpareRoom {
  has(sizeBytes: number): Promise<boolean>;
  /**
   * Whether bytes that were promised room may be written. Devices do not hear of what others were promised, so together
   * they may have been promised more than there is.
   */
  isLeftFor(sizeBytes: number): Promise<boolean>;
}

export const spareRoom = (
  folder: Pick<ReceivingFolder, 'freeBytes'>,
  share: Pick<ReceivingShare, 'unlookedBytes'>,
  promised: Readonly<PromisedRoom>,
): SpareRoom => {
  let looking: Promise<number> = Promise.resolve(0);
  let files = LOOKS_LAST_FILES;

  return {
    has: async (sizeBytes) => {
      files += 1;
      if (files > LOOKS_LAST_FILES || sizeBytes > UNLOOKED_BYTES) {
        files = 1;
        looking = folder.freeBytes();
      }
      return sizeBytes <= (await looking) - promised.bytes;
    },
    isLeftFor: async (sizeBytes) => {
      share.unlookedBytes += sizeBytes;
      if (share.unlookedBytes < LOOK_AFTER_BYTES) return true;
      const isLeft = (await folder.freeBytes()) > 0;
      // Where there is no room, the next one looks again.
      if (isLeft) share.unlookedBytes = 0;
      return isLeft;
    },
  };
};
