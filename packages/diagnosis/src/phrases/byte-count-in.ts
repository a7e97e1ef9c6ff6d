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

/** Reads what a person writes for a size: `500MB`, `1G`, `5GiB`, `1000000`; `undefined` where it is none, or nothing at all. */
export const byteCountIn = (text: string): number | undefined => {
  const match = /^([0-9]{1,16}(?:[.,][0-9]{1,6})?)\s*([a-z]{0,3})$/i.exec(text.trim());
  const unitBytes = UNIT_BYTES.get((match?.[2] ?? '').toLowerCase());
  const bytes = Math.round(Number(match?.[1]?.replace(',', '.')) * (unitBytes ?? Number.NaN));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
};
