import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../two-devices.ts';

/** A disk of its own that can be filled to the last byte. */
export interface SmallDisk {
  readonly folder: string;
  fill(): void;
  free(): void;
}

/** What is written until nothing fits any more, bytes: large ones first. */
const CHUNKS_BYTES = [262_144, 4_096];

/** Mounts a disk in memory until the test ends. Takes root. */
export const smallDisk = (sizeMib: number): SmallDisk => {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: () => {
      for (const sizeBytes of CHUNKS_BYTES) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(sizeBytes), { flag: 'a' });
        } catch {
          // Full, as wanted.
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
  };
};
