import { StoreInputError } from './errors.ts';

/**
 * A value as JSON.
 * @throws {@link StoreInputError} for what JSON cannot say: `undefined`, functions, big integers, cycles, bottomless nesting.
 */
export const jsonText = (value: unknown, field: string): string => {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // The cause is dropped: its message may quote the value.
  }
  if (text === undefined) throw new StoreInputError(field, 'cannot be written as JSON');
  return text;
};
