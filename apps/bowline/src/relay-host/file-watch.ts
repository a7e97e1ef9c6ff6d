import type { Cancel, Clock } from '@bowline/contracts';

/** Certificates are renewed weeks before they expire and a revoked token must not work for long: 5 s serves both. */
const LOOK_INTERVAL_MS = 5_000;

/**
 * Calls `look` every five seconds, and whenever asked, one at a time. Files are read again instead of watched:
 * renewing tools replace links, folders and mounts, and what the system tells about those differs everywhere.
 */
export interface FileWatch {
  lookNow(): void;
  stop: Cancel;
}

/** @param look must not reject */
export const fileWatch = (clock: Clock, look: () => Promise<void>): FileWatch => {
  let isStopped = false;
  let isLooking = false;
  let isAskedAgain = false;
  let cancelTimer: Cancel = () => undefined;

  const run = async (): Promise<void> => {
    cancelTimer();
    isLooking = true;
    do {
      isAskedAgain = false;
      await look();
    } while (isAskedAgain && !isStopped);
    isLooking = false;
    wait();
  };
  const lookNow = (): void => {
    isAskedAgain = true;
    // `look` does not reject.
    if (!isLooking && !isStopped) void run();
  };
  const wait = (): void => {
    if (!isStopped) cancelTimer = clock.setTimer(LOOK_INTERVAL_MS, lookNow, { unref: true });
  };
  wait();
  return {
    lookNow,
    stop: () => {
      isStopped = true;
      cancelTimer();
    },
  };
};
