/** The state of a machine without parallel states as a path: `{ live: 'offering' }` is `live.offering`. */
export const statePath = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[key, child] = ['', '']] = Object.entries(value as Readonly<Record<string, unknown>>);
  return `${key}.${statePath(child)}`;
};
