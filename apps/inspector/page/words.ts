const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `12.3 MB`. */
export const bytes = (count: number): string => {
  let value = count;
  let power = 0;
  // What would be rounded up to a thousand is one of the next unit.
  while (value >= (power === 0 ? 1_000 : 999.5) && power < UNITS.length - 1) {
    value /= 1_000;
    power += 1;
  }
  return `${power === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
};

/** `12 ms`, `1.2 s`; a dash for what is not known. */
export const duration = (ms: number | null): string => {
  if (ms === null) return '–';
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_570_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 86_220_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  const days = Math.round(ms / 86_400_000);
  return days === 1 ? '1 day' : `${days} days`;
};

export const since = (ms: number | null, nowMs: number): string =>
  ms === null ? 'not since this device started' : `for ${duration(Math.max(0, nowMs - ms))}`;

/** The host of a relay, as a person knows it. */
export const relayName = (url: string): string => {
  const { hostname, port } = new URL(url);
  return port === '' ? hostname : `${hostname}:${port}`;
};

export const clockTime = (atMs: number): string => new Date(atMs).toLocaleTimeString(undefined, { hour12: false });

/** The same with its day, unless that is today. */
export const dayTime = (atMs: number, todayMs = Date.now()): string => {
  const day = new Date(atMs).toLocaleDateString();
  return day === new Date(todayMs).toLocaleDateString() ? clockTime(atMs) : `${day} ${clockTime(atMs)}`;
};
