const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `12.3 MB`. */
export const bytes = (count: number): string => {
  const power = Math.min(UNITS.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
  const value = count / 1_000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
};

/** `12 ms`, `1.2 s`; a dash for what is not known. */
export const duration = (ms: number | null): string => {
  if (ms === null) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 86_400_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
};

export const since = (ms: number | null, nowMs: number): string =>
  ms === null ? 'not since this device started' : `for ${duration(Math.max(0, nowMs - ms))}`;

/** The host of a relay, as a person knows it. */
export const relayName = (url: string): string => {
  const { hostname, port } = new URL(url);
  return port === '' ? hostname : `${hostname}:${port}`;
};

export const clockTime = (atMs: number): string => new Date(atMs).toLocaleTimeString(undefined, { hour12: false });
