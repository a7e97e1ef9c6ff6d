import { existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What this user may still store on a disk; `null` where the system does not tell. */
export interface DiskRoom {
  readonly freeBytes: number | null;
  /** How many more files it takes: a disk may be full of small ones. */
  readonly freeFiles: number | null;
}

const UNKNOWN: DiskRoom = { freeBytes: null, freeFiles: null };

/** Room on the disk that holds a folder, or would hold it. */
export const roomAt = (folder: string): DiskRoom => {
  let there = resolve(folder);
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    const { bavail, bsize, blocks, ffree, files } = statfsSync(there);
    // A file system that holds no files of its own has no blocks, and many do not number their files.
    return { freeBytes: blocks > 0 ? bavail * bsize : null, freeFiles: files > 0 ? ffree : null };
  } catch {
    // A folder that this user may not look at: another check says so.
    return UNKNOWN;
  }
};
