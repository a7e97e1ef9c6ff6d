import { WrongUseError } from '../errors.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes for a person, with decimal units: `1.5 MB`. */
export const byteCount = (bytes: number): string => {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return `${power === 0 ? value : Math.round(value * 10) / 10} ${UNITS[power]}`;
};

/** Reads `500MB`, `2 GB`, `1000000`, or `none`; `null` for none, also when nothing was given. @throws WrongUseError */
export const byteCountOf = (option: string, text: string | undefined): number | null => {
  if (text === undefined || text.toLowerCase() === 'none') return null;
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*(b|kb|mb|gb|tb)?$/i.exec(text.trim());
  const power = UNITS.findIndex((unit) => unit.toLowerCase() === (match?.[2] ?? 'B').toLowerCase());
  const bytes = Math.round(Number(match?.[1]) * 1_000 ** power);
  if (match === null || !Number.isSafeInteger(bytes) || bytes === 0) {
    throw new WrongUseError(`${option} takes a size such as 500MB or 2GB, or "none"; received "${text}".`);
  }
  return bytes;
};
