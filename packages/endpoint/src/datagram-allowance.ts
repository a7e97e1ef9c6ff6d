import type { Clock } from '@bowline/contracts';

/** Datagrams told in a second, and at once. The binding itself reads about 8,000 a second (measured). */
const DATAGRAMS_PER_SECOND = 4_000;

/** Whether one more datagram may be told now. A flood of them would fill the pipe to the host, which nothing holds back. */
export const datagramAllowance = (clock: Clock): (() => boolean) => {
  let left = DATAGRAMS_PER_SECOND;
  let filledAtMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    left = Math.min(DATAGRAMS_PER_SECOND, left + ((nowMs - filledAtMs) * DATAGRAMS_PER_SECOND) / 1_000);
    filledAtMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
};
