import { WrongUseError } from '../errors.ts';

export { byteCount } from '@bowline/diagnosis/phrases';

/** What sizes are counted in: thousands, and with an `i` multiples of 1,024. */
const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't'].flatMap((letter, index): (readonly [string, number])[] => [
    [letter, 1_000 ** (index + 1)],
    [`${letter}b`, 1_000 ** (index + 1)],
    [`${letter}i`, 1_024 ** (index + 1)],
    [`${letter}ib`, 1_024 ** (index + 1)],
  ]),
]);

/** Reads `500MB`, `1G`, `5GiB`, `1000000`, or `none`; `null` for none, also when nothing was given. @throws WrongUseError */
export const byteCountOf = (option: string, text: string | undefined): number | null => {
  if (text === undefined || text.toLowerCase() === 'none') return null;
  const match = /^([0-9]{1,16}(?:[.,][0-9]{1,6})?)\s*([a-z]{0,3})$/i.exec(text.trim());
  const unitBytes = UNIT_BYTES.get((match?.[2] ?? '').toLowerCase());
  const bytes = Math.round(Number(match?.[1]?.replace(',', '.')) * (unitBytes ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes === 0) {
    throw new WrongUseError(`${option} takes a size such as 500MB, 2G or 5GiB, or "none"; received "${text}".`);
  }
  return bytes;
};
