import { InvalidOptionError } from '@bowline/contracts';

/**
 * Refuses what no option is called: a mistyped name would otherwise be a wish that nobody hears.
 *
 * @param of what the options are for, such as `pair`; empty where their names stand for themselves
 * @param known every name there is
 * @throws InvalidOptionError that names the field
 */
export const checkFields = (of: string, given: unknown, known: Readonly<Record<string, true>>): void => {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(of || 'options', 'must be an object', given);
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const rule = `is none of those there are: ${Object.keys(known).join(', ')}`;
  throw new InvalidOptionError(of === '' ? unknown : `${of}.${unknown}`, rule, Reflect.get(given, unknown));
};
