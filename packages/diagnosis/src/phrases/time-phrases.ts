const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS: readonly (readonly [unitMs: number, name: string])[] = [
  [DAY_MS, 'day'],
  [HOUR_MS, 'hour'],
  [MINUTE_MS, 'minute'],
  [SECOND_MS, 'second'],
];

/** Longer ago than this the date says more. */
const MAX_RELATIVE_MS = 30 * DAY_MS;

const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** How long ago something was, in words; what is in the future is "just now", for clocks differ. */
export const relativeTime = (atMs: number, nowMs: number): string => {
  const agoMs = nowMs - atMs;
  if (agoMs >= MAX_RELATIVE_MS) return `on ${dateOf(atMs)}`;
  const [unitMs, name] = UNITS.find(([each]) => agoMs >= each) ?? [0, ''];
  if (unitMs === 0) return 'just now';
  const count = Math.floor(agoMs / unitMs);
  return `${count} ${name}${count === 1 ? '' : 's'} ago`;
};

/** A stretch of time in words, to two figures at most: `340 ms`, `4.2 s`, `12 minutes`. */
export const spanPhrase = (ms: number): string => {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${Math.round(ms / 100) / 10} s`;
  const [unitMs, name] = UNITS.find(([each]) => ms >= each) ?? [SECOND_MS, 'second'];
  const count = Math.round(ms / unitMs);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
};
