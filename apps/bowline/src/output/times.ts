export { relativeTime, spanPhrase } from '@bowline/diagnosis/phrases';

const MINUTE_MS = 60_000;

/** Day and time of day where this device is, to the second: `2026-01-02 03:04:05`. */
export const localTime = (atMs: number): string => {
  const time = new Date(atMs);
  const shifted = new Date(atMs - time.getTimezoneOffset() * MINUTE_MS);
  return shifted.toISOString().slice(0, 19).replace('T', ' ');
};
