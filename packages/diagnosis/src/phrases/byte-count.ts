const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes for a person, with decimal units: `1.5 MB`. */
export const byteCount = (bytes: number): string => {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return `${power === 0 ? value : Math.round(value * 10) / 10} ${UNITS[power]}`;
};
