import type { Situation } from '../situation.ts';

/** mDNS records of a device that went away are dropped after 120 s (their time to live, RFC 6762). */
const SIGHTING_MS = 120_000;

/** Whether the other device has shown itself on the local network since it was lost: what it showed before says that it was there. */
export const hasShownItself = ({ connection: { sightedAtMs, lastDown }, nowMs }: Situation): boolean =>
  sightedAtMs !== null && nowMs - sightedAtMs <= SIGHTING_MS && sightedAtMs > (lastDown?.atMs ?? 0);

/** Whether it does, and dials to it come to nothing. */
export const isSighted = (situation: Situation): boolean =>
  situation.connection.failureCount > 0 && hasShownItself(situation);
