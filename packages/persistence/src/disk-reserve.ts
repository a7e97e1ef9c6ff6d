import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { errorMessage, type Logger } from '@bowline/contracts';
import { usingFile } from './file-errors.ts';

/** Room for some hundred pages of the database: a removal takes about ten. */
const RESERVE_BYTES = 1_048_576;

/**
 * Room on the disk that is given up when there is none left, so that a device can still be removed: a file that holds
 * nothing. It is made again once there is room.
 */
export interface DiskReserve {
  /** Makes the file if it is missing; where there is no room for it, it stays missing. */
  ensure(): void;
  /** Gives the room up. `false` when it was given up before. */
  release(): boolean;
}

export const diskReserve = (file: string, logger: Logger): DiskReserve => {
  const isThere = (): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= RESERVE_BYTES;
  const remove = (): void => usingFile(file, () => rmSync(file, { force: true }));

  return {
    ensure: () => {
      if (isThere()) return;
      try {
        usingFile(file, () => {
          const descriptor = openSync(file, 'w', 0o600);
          try {
            // Written, for a file that only has a length takes no room.
            writeSync(descriptor, Buffer.alloc(RESERVE_BYTES, 0xff));
            fsyncSync(descriptor);
          } finally {
            closeSync(descriptor);
          }
        });
        if (!isThere()) remove();
      } catch (error) {
        logger.debug({ file, reason: errorMessage(error) }, 'no room to keep in reserve');
        remove();
      }
    },
    release: () => {
      const wasThere = statSync(file, { throwIfNoEntry: false }) !== undefined;
      remove();
      if (wasThere) logger.warn({ file }, 'disk is full, the room kept for removals is used');
      return wasThere;
    },
  };
};
