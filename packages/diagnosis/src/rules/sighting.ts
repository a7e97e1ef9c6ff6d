import type { Situation } from '../situation.ts';

/** mDNS records of a device that went away are dropped after 120 s (their time to live, RFC 6762). */
const SIGHTING_MS = 120_000;

/** Whether the other device shows itself on the local network, and dials to it come to nothing. */
export const isSighted = ({ connection: { sightedAtMs, failureCount }, nowMs }: Situation): boolean =>
  sightedAtMs !== null && nowMs - sightedAtMs <= SIGHTING_MS && failureCount > 0;
