import type { ReceivingFolder } from './receiving-folder.ts';

/** For how many files one look at the disk does, as long as they are few bytes of what it has. */
const LOOKS_LAST_FILES = 64;

/** Whether the disk has room, beside what other files were promised. */
export interface SpareRoom {
  has(sizeBytes: number): Promise<boolean>;
}

export const spareRoom = (
  folder: Pick<ReceivingFolder, 'freeBytes'>,
  share: { readonly promisedBytes: number },
): SpareRoom => {
  let lookedAt: Promise<number> = Promise.resolve(0);
  let files = LOOKS_LAST_FILES;
  let bytes = 0;

  return {
    has: async (sizeBytes) => {
      files += 1;
      bytes += sizeBytes;
      if (files > LOOKS_LAST_FILES || bytes > (await lookedAt) / 2) {
        [files, bytes, lookedAt] = [0, sizeBytes, folder.freeBytes()];
      }
      return bytes <= (await lookedAt) - share.promisedBytes;
    },
  };
};
