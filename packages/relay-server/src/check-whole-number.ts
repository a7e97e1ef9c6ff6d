import { InvalidOptionError } from '@bowline/contracts';

/** @throws {@link InvalidOptionError} */
export const checkWholeNumber = (field: string, value: number, from: number, to: number): void => {
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new InvalidOptionError(field, `must be a whole number from ${from} to ${to}`, value);
  }
};
