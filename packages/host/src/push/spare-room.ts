import type { ReceivingFolder } from './receiving-folder.ts';

/** For how many files one look at the disk does. */
const LOOKS_LAST_FILES = 64;

/** A file that is not looked for anew has at most so many bytes: all of them together are less than what stays free anyway. */
const UNLOOKED_BYTES = 524_288;

/** Whether the disk has room, beside what other files were promised. */
export interface SpareRoom {
  has(sizeBytes: number): Promise<boolean>;
}

export const spareRoom = (
  folder: Pick<ReceivingFolder, 'freeBytes'>,
  share: { readonly promisedBytes: number },
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
      return sizeBytes <= (await looking) - share.promisedBytes;
    },
  };
};
