/** Ends a switch over a union: a missing case fails to compile, and an impossible value fails loudly. */
export const assertNever = (value: never): never => {
  throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`);
};
