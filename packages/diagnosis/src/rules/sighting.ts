import type { Situation } from '../situation.ts';

/** mDNS records of a device that went away are dropped after 120 s (their time to live, RFC 6762). */
const SIGHTING_MS = 120_000;

/** A device that has said goodbye still answers on the local network while it stops. */
const STOPPING_MS = 15_000;

const lostAtMs = ({ connection: { lastDown } }: Situation): number => {
  if (lastDown === null) return 0;
  return lastDown.reason === 'goodbye' ? lastDown.atMs + STOPPING_MS : lastDown.atMs;
};

/** Whether the other device has shown itself on the local network since it was lost: what it showed before says that it was there. */
export const hasShownItself = (situation: Situation): boolean => {
  const { sightedAtMs } = situation.connection;
  return sightedAtMs !== null && situation.nowMs - sightedAtMs <= SIGHTING_MS && sightedAtMs > lostAtMs(situation);
};

/** Whether it does, and dials to it come to nothing. */
export const isSighted = (situation: Situation): boolean =>
  situation.connection.failureCount > 0 && hasShownItself(situation);
